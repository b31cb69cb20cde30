// Signs: they say nothing by themselves, a word stands beside each.
import { ICON_PATHS, type IconName } from './icon-paths.ts'

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={ICON_PATHS[name]} />
    </svg>
  )
}
