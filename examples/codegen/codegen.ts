// Makes types and the manifest of trusted documents from the documents in this folder: `npx graphql-codegen`.
import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  // For you: the file into which you put what `kyc-gateway schema` prints.
  schema: '../../schema/*.graphql',
  documents: '*.graphql',
  generates: {
    'gen/': {
      preset: 'client',
      presetConfig: {
        fragmentMasking: false,
        persistedDocuments: {
          // The gateway takes no other.
          hashAlgorithm: 'sha256',
          // The app has the hashes, the manifest the texts.
          mode: 'replaceDocumentWithHash',
          hashPropertyName: 'documentId',
        },
      },
      config: {
        documentMode: 'string',
        enumType: 'string-literal',
        // Values are added in later versions: so the compiler asks for a default branch.
        futureProofEnums: true,
        useTypeImports: true,
        importExtension: '.ts',
        emitLegacyCommonJSImports: false,
        scalars: { DateTime: 'string', JSON: 'unknown' },
      },
    },
  },
}

export default config
