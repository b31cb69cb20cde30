// Light or dark: as the system says, until somebody chooses.
import { useState } from 'react'
import { Icon } from './icons.tsx'

const KEY = 'kyc-console-theme'
type Theme = 'light' | 'dark'

function chosen(): Theme | null {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : null
}

function apply(theme: Theme | null): void {
  if (theme) document.documentElement.dataset.theme = theme
}

/** Before the first picture. */
export const applyTheme = (): void => apply(chosen())

export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme>(
    () => chosen() ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'),
  )
  const other = theme === 'dark' ? 'light' : 'dark'
  function change() {
    localStorage.setItem(KEY, other)
    apply(other)
    setTheme(other)
  }
  return (
    <button type="button" className="plain" onClick={change} aria-label={`Change to ${other} colours`}>
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
      <span className="nav-word">{theme === 'dark' ? 'Light' : 'Dark'}</span>
    </button>
  )
}
