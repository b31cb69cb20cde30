// Signs, drawn on a grid of 16: they say nothing by themselves, a word stands beside each.

const PATHS = {
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  alert: 'M8 2.5l6 11H2zM8 6.5v3M8 11.4v.2',
  clock: 'M8 2a6 6 0 1 0 .01 0M8 4.8V8l2.3 1.6',
  gear: 'M8 2v2M8 12v2M2 8h2M12 8h2M3.8 3.8l1.4 1.4M10.8 10.8l1.4 1.4M12.2 3.8l-1.4 1.4M5.2 10.8l-1.4 1.4',
  eye: 'M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8M8 6.2a1.8 1.8 0 1 0 .01 0',
  circle: 'M8 3a5 5 0 1 0 .01 0',
  half: 'M8 3a5 5 0 1 0 .01 0M8 3v10M8 6l3-1.6M8 9h4.8M8 12l3-.5',
  door: 'M9.5 3H4v10h5.5M7.5 8h7M12 5.5L14.5 8 12 10.5',
  minus: 'M3.5 8h9',
  renew: 'M13 8a5 5 0 1 1-1.5-3.600M13 2.5v2.5h-2.5',
  bolt: 'M9 1.5L3.5 9H8l-1 5.5L12.5 7H8z',
  question: 'M5.5 6a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.5M8 12.3v.2',
  people:
    'M6 3a2.3 2.3 0 1 0 .01 0M1.8 13c.2-2.600 1.900-4.200 4.200-4.200s4 1.600 4.200 4.200M10.5 3.3a2 2 0 0 1 0 3.900M11.5 9c1.600.4 2.600 1.900 2.700 4',
  plug: 'M5.5 2v3.5M10.5 2v3.5M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0zM8 12.5V15',
  inbox: 'M2 9.5L4 3h8l2 6.5V13H2zM2 9.5h3.5l1 1.5h3l1-1.5H14',
  play: 'M4.5 2.8v10.400L13 8z',
  sun: 'M8 5a3 3 0 1 0 .01 0M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.5 9.600A6 6 0 0 1 6.400 2.5 6 6 0 1 0 13.5 9.600z',
  search: 'M7 2.5a4.5 4.5 0 1 0 .01 0M10.400 10.400L14 14',
  back: 'M9.5 3.5L5 8l4.5 4.5',
  next: 'M6.5 3.5L11 8l-4.5 4.5',
  link: 'M6.5 9.5l3-3M7 4.5l1.3-1.3a2.700 2.700 0 0 1 3.900 3.900L11 8.5M9 11.5l-1.3 1.3a2.700 2.700 0 0 1-3.900-3.900L5 7.5',
  lock: 'M4 7.5h8V14H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  out: 'M6.5 3H3v10h3.5M6 8h8M11.5 5.5L14 8l-2.5 2.5',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
