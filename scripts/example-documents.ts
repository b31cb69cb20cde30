// examples/codegen/gen: what `npx graphql-codegen` writes there.
import { generate, loadContext } from '@graphql-codegen/cli'
import type { GeneratedFile } from './generated-files.ts'

const FOLDER = 'examples/codegen'

/** `root`: the absolute path of the repository. Reads files only; needs no network. */
export async function renderExampleDocuments(root: string): Promise<GeneratedFile[]> {
  const context = await loadContext(`${root}/${FOLDER}/codegen.ts`)
  const cwd = `${root}/${FOLDER}`
  context.cwd = cwd
  context.updateConfig({ silent: true, cwd })
  const outputs: { filename: string; content: string }[] = await generate(context, false)
  return outputs.map(({ filename, content }) => ({ path: `${FOLDER}/${filename}`, content }))
}
