// The heading of a view: it names the page, and takes the focus when somebody comes here from another view.
import { type ReactNode, useEffect, useRef } from 'react'

let hasBegun = false

interface HeadingProps {
  title: string
  /** Which page of a long list; another one is begun at its top. */
  page?: string | null
  children?: ReactNode
}

export function Heading({ title, page = null, children }: HeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // On the first load the focus is the browser's.
    if (hasBegun) heading.current?.focus()
    hasBegun = true
    scrollTo(0, 0)
  }, [page])
  useEffect(() => {
    document.title = `${title} · KYC console`
  }, [title])
  return (
    <div className="heading">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  )
}
