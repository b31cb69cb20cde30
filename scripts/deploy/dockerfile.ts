// Reads a Dockerfile: its stages with their instructions, as far as ours uses them.

export interface Instruction {
  /** In upper case. */
  name: string
  /** `--from=build` as `from: 'build'`. */
  flags: Readonly<Record<string, string>>
  /** The words; those of a JSON form where it has one. */
  words: readonly string[]
  /** All that follows the flags. */
  text: string
  /** ENTRYPOINT, CMD, RUN and HEALTHCHECK that need no shell. */
  isExec: boolean
}

export interface Stage {
  name: string
  base: string
  instructions: readonly Instruction[]
}

/** The last stage is the image. Throws where an instruction stands outside of a stage. */
export function readDockerfile(text: string): Stage[] {
  const stages: { name: string; base: string; instructions: Instruction[] }[] = []
  const args = new Map<string, string>()
  for (const line of joinLines(text)) {
    const instruction = readInstruction(line)
    const { name, words } = instruction
    const current = stages.at(-1)
    if (name === 'FROM') {
      const base = (words[0] ?? '').replace(/\$\{(\w+)\}/g, (_, arg: string) => args.get(arg) ?? '')
      stages.push({ name: words[2] ?? 'image', base, instructions: [] })
    } else if (current) current.instructions.push(instruction)
    else if (name === 'ARG') {
      const [arg = '', value = ''] = instruction.text.split('=')
      args.set(arg, value)
    } else throw new Error(`${name} stands before the first FROM.`)
  }
  return stages
}

function joinLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line))
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
}

function readInstruction(line: string): Instruction {
  const [, name = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(line) ?? []
  const flags = Object.fromEntries(
    [...rest.matchAll(/(?:^|\s)--([a-z-]+)=(\S+)(?=\s)/g)].map(([, flag, value]) => [flag, value]),
  )
  const text = rest.replace(/^(?:\s*--[a-z-]+=\S+\s+)+/, '').trim()
  const json = /^(?:CMD\s+)?(\[.*\])$/.exec(text)?.[1]
  const words = json ? (JSON.parse(json) as string[]) : text.split(/\s+/)
  return { name: name.toUpperCase(), flags, words, text, isExec: json !== undefined }
}

/** `NAME=value NAME="a value"` of ENV and LABEL. */
export function pairsOf({ text }: Instruction): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)]
  return Object.fromEntries(pairs.map(([, key = '', quoted, plain]) => [key, quoted ?? plain ?? '']))
}

/** Whether a path is left out of what a build sees: the last pattern that fits it, or a folder it is in, decides. */
export function createIgnore(text: string): (path: string) => boolean {
  const patterns = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isKept: line.startsWith('!'), fits: patternOf(line.replace(/^!/, '')) }))
  return (path) => {
    const last = patterns.findLast(({ fits }) => fits.test(path))
    return last !== undefined && !last.isKept
  }
}

function patternOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('\u0000', '(?:.*/)?')
  return new RegExp(`^${source}(?:/.*)?$`)
}
