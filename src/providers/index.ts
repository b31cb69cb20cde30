// The list of providers. Adding one is its folder and one line here.
import { gu1 } from './gu1/index.ts'
import type { ProviderDefinition } from './provider.ts'
import { sila } from './sila/index.ts'

export const PROVIDERS: readonly ProviderDefinition[] = [gu1, sila]
