// The heading of a view: it names the page, and takes the focus when somebody comes here from another view.
import { type ReactNode, useEffect, useRef } from 'react'

let hasBegun = false

export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // On the first load the focus is the browser's.
    if (hasBegun) heading.current?.focus()
    hasBegun = true
    scrollTo(0, 0)
  }, [])
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
