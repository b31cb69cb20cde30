// Vectors of Sila's request signature. Test data: the keys were made for it, or are published, and sign nothing real.
// Source: `SIGNED_BODIES` and `REFUSED` were produced with Sila's own JavaScript SDK (npm sila-sdk 0.2.28) and reproduced by two
// further implementations; `PUBLISHED` is from the unit tests of Sila's Java and PHP SDKs (SignatureTest, EcdsaUtilTest).

export const KEYS = {
  app: {
    privateKey: 'dae0e1c63d4a5b08b92892955170b8c63c014f2551d737646d59a26ee10c53f4',
    address: '0xa834832551951fE322b964083a04AcFa035323d8',
  },
  user: {
    privateKey: '4322fe739fa0315570522a9151f52f3c71343aabfb13fdccc1cdbce06f1e1fa9',
    address: '0x3ebB7915A6268B7A13F84cC934e9dDb3bc2bf26A',
  },
  business: {
    privateKey: 'eb8096a346fa5cba2f23e9ff2b682b6221132196439e4360ad79d2fa1569a979',
    address: '0x44744e56156b94c8FEaC257481Be8198Bb72c300',
  },
} as const

export interface SignedBody {
  id: string
  body: string
  keccak256: string
  signatures: Partial<Record<keyof typeof KEYS, string>>
}

export const SIGNED_BODIES: readonly SignedBody[] = [
  {
    id: 'sdk-check-kyc',
    body: '{"header":{"user_handle":"demo_user.silamoney.eth","app_handle":"demo_app","reference":"c90d79c5-adbc-4590-9c6a-a767416a465a","created":1795342097,"crypto":"ETH","version":"0.2"},"message":"header_msg"}',
    keccak256: 'ef72082067e0b49ee508b80173f05c16590ce1af6f521ee7e0d5b578314f0f98',
    signatures: {
      app: 'a8523441f5d8cbec53927c86259f2e734bd8aaac3636254c4b928670ded8d6be14b461f01bb32ecfd598309ced053f6d41add7928470d9cbb0d68d8577668f851b',
      user: '278a25665849aaf103c148db007c9b9058f639af50fbdd812cea3c5b39d3b07e1937c22a80bf35237079cc2035121db4e9c9d34d14c0bc0d6bf8c00af5e55aae1b',
    },
  },
  {
    id: 'sdk-certify-business',
    body: '{"header":{"user_handle":"demo_admin","business_handle":"demo_business","app_handle":"demo_app","reference":"19559ab7-b50f-4e04-b601-d5f2d2d029cf","created":1795342097,"crypto":"ETH","version":"0.2"}}',
    keccak256: '27c8d9a9f1ae6db6ce7ed3393f8ad83d2b05bbf209e5bcfc791853e9a6ff8396',
    signatures: {
      app: '28e28d5b837b6f5083648474999bf5e82b648b6b8f56639ba4933bda264383984b81377daadadcfea4046a9ba23b38280d22574a9088fb96d2de438e7a036c3c1b',
      user: 'ef06f21d8cb01d480dc2914a43b724e749dba128bbd7bf8184d2d7cb43ae421f6a55fb30f1cec603cf2fb451ca2f0f74e0a5e096232114551b0538b8006a6d7c1b',
      business:
        'a51ae1726400cb30818a15d043b84f8d0b129543bdad8bff046cd08b716398244f8411338c85a1a6c113a67b7937731793917c6885f51f1c2c7f13c93e8008ec1c',
    },
  },
  {
    id: 'sdk-app-only',
    body: '{"header":{"app_handle":"demo_app","reference":"8b2e8f49-cb71-4cc3-8c61-5ffde0101bd9","created":1795342097,"crypto":"ETH","version":"0.2"},"query_app_handle":"other_app","query_user_handle":"other_user"}',
    keccak256: 'f5726c3469fc9ff1e99b577deb863d35a0a302bf57af9d8c25875b02e56f1601',
    signatures: {
      app: 'c2aa1c222553a178d31bd953581e63d4e05a1450f70929d1d59f2a1f3d8fe586504148fc431225206e76e639a9fdcae8bdbd59daa761077002846408f6e6753d1c',
    },
  },
  {
    id: 'get-verifications-list',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"ref-0001"}}',
    keccak256: 'dad76945b21db69237f70b8b649fa550c6c24aa8c337c9d025bd62e278316f7a',
    signatures: {
      app: 'bd458c96136f10f14711ab1c177223cef450c3f415e8b8915272d6db2445a21102d78438fd9816e97720e4e47c68f931d056e2c4c65160555354d83dbc9209521b',
      user: '3d0bcb3c89d96bc949f4a74f083801a917c3d4f549a7a67d9564bebd86f298cd4379bfe6a864d879d6df5a3ef7c02db68b8a43901300cd52705107855c8b89da1b',
    },
  },
  {
    id: 'get-verifications-spaced',
    body: '{"header": {"created": 1760000000, "app_handle": "demo_app", "user_handle": "demo_user", "version": "0.2", "reference": "ref-0001"}}',
    keccak256: '7d5ce8022265f3706da2462bcae81c41eb1184894877b5f98e56b05aec21689a',
    signatures: {
      app: 'f56cfb39371ded3cc6d3d4874ebc05a977b15ead67c01d3badc15a68aa8432bc0528ca4f25f2703cd968ac0425d7debdb9a64281c19deabdabad5a99615d80b71c',
      user: 'fcee15f69f8baa77817bc66d3b2216fd4f0be6cab8b2f6dd2de528a347f613785adeb12f20c8354c47e184002c17786b2150401e83445095c0cba0c3d183edd71b',
    },
  },
  {
    id: 'utf8-reference',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"réf-ñ-検証-✓"}}',
    keccak256: 'd36a4efd7df52364a957456f347db5a858fd8fa723efc17b058cbab78436f42a',
    signatures: {
      app: '638de05f1ca2f1e06ccf1af587ffa6f514262d022d1283ee46af552cafde897a3126833192b729d0e0b92a5df29ef2098aff98510c98cca1574e1a695509ecce1c',
      user: '727114698d574d45786d9b31f5deab5069dfc921b31f91105fb33e1cfb07562e016754a1f410ee249c71e2452c48345a126ab690a9e0590e92aa6f1b0b9e865c1c',
    },
  },
  {
    id: 'auth-token-legacy-key',
    body: '{"header":{"created":1760000000,"auth_handle":"demo_app","user_handle":"demo_user","reference":"ref-0002"}}',
    keccak256: 'a6019f8d095c58ebad076dc33b970249bc6f648f28841efda5c58a99d83af2b1',
    signatures: {
      app: 'a14c9cce6dac74746913a53de0773c58b51ce95014fe088d2ff8d18c41c9e585095580a3c6c267555b9d3681b730bb91f9e7ec39f6214e32fd46c68f5732d8a31b',
      user: 'd14bfa8bcac62f5f04bb1e2e36a58bd6345f54ce81e7031aa87d5df525166005775d42c1dc3beec32f7b30ccb43b60a273e1810c0f5f8bb8f42e1e2bccd3b05f1c',
    },
  },
  {
    id: 'r-leading-zero',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"pad-313"}}',
    keccak256: '96da19474f3ca33f1de31fa8562bd9ba22c86b5c54a1bcc2eb24e21ede20fb84',
    signatures: {
      app: '001894d91918cc83e6e07b0f9fc2b7452c7aa1b7462902a33def80f949e298f148dcf453da7e59fe12532e4225a7a92ed5046ede9b44e139c0fc4564a360d2731b',
    },
  },
  {
    id: 's-leading-zero',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"pad-20"}}',
    keccak256: 'da03bb22c2aef4cfcd2438b7981e3295634156af130cd3f1b9326def88e18587',
    signatures: {
      app: '7235fa3df6ad7fa3bc1e49103c220f68759be53f62dbabb2e7d0b6d33e30c1ae0045f2c569b4f06c66b807506d422571488e8ec110b88467dd01d8dfa32939841c',
    },
  },
  {
    id: 'v-1b',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"pad-0"}}',
    keccak256: '9e3d7320c384d20c15d37828f887b66b032fadd5a9da89355e9404f03cb07ad0',
    signatures: {
      app: 'da4fe1edc87d86a7090dd4874c4afffb9cc1388ec330ef100b7e37fb3a0cef5859ae4dd7de95a314df3201281fb80d3cb91f3c656c698c1846c36737984ab9a21b',
    },
  },
  {
    id: 'v-1c',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"pad-1"}}',
    keccak256: 'e51e8920f36fc422e047614a8ca707cdfbb7df8b349d5e3fb9f3bcbcb9a2c289',
    signatures: {
      app: 'ae19f1ed2e62de49c2ac3e10931b9351ebb2a06f383f2be8e584432fdfc1c41d6dae905a571e478c95b8f3f3241c010ac78d829c126b7286e050f72ec659acfb1c',
    },
  },
  {
    id: 'empty-object',
    body: '{}',
    keccak256: 'b48d38f93eaa084033fc5970bf96e559c33c4cdc07d889ab00b4d63f9590739d',
    signatures: {
      app: '301e00aa5d6bf41df9f64616341e4ec8a42ce5141d6dddb808ad5f169ce4d6082c8262d4d95c017a942cdfebe8ccedee6c5d74b337f1266c99e0d0f004fec1af1b',
    },
  },
]

/** Signatures that must not be taken for the app's; `recoversTo` null: not even the documented form. */
export const REFUSED = [
  {
    id: 'body-tampered',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"ref-0009"}}',
    signature:
      'bd458c96136f10f14711ab1c177223cef450c3f415e8b8915272d6db2445a21102d78438fd9816e97720e4e47c68f931d056e2c4c65160555354d83dbc9209521b',
    recoversTo: '0xE907038DE83aCD747607612E57F8DB18C6954b24',
  },
  {
    id: 'v-flipped',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"ref-0001"}}',
    signature:
      'bd458c96136f10f14711ab1c177223cef450c3f415e8b8915272d6db2445a21102d78438fd9816e97720e4e47c68f931d056e2c4c65160555354d83dbc9209521c',
    recoversTo: '0xc50a271476064758F811dAcA3B67Bc0a6A23F44F',
  },
  {
    id: 'signed-by-user-key',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"ref-0001"}}',
    signature:
      '3d0bcb3c89d96bc949f4a74f083801a917c3d4f549a7a67d9564bebd86f298cd4379bfe6a864d879d6df5a3ef7c02db68b8a43901300cd52705107855c8b89da1b',
    recoversTo: '0x3ebB7915A6268B7A13F84cC934e9dDb3bc2bf26A',
  },
  {
    id: 'with-0x-prefix',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"ref-0001"}}',
    signature:
      '0xbd458c96136f10f14711ab1c177223cef450c3f415e8b8915272d6db2445a21102d78438fd9816e97720e4e47c68f931d056e2c4c65160555354d83dbc9209521b',
    recoversTo: null,
  },
  {
    id: 'ethereum-prefixed-message',
    body: '{"header":{"created":1760000000,"app_handle":"demo_app","user_handle":"demo_user","version":"0.2","reference":"ref-0001"}}',
    signature:
      'c8d6ebc064d399cddd79f3da2b802a93e1b6394b1690206306da35b142bb2db9112c0dc83bdb2871e7c18517cc6f7ccc7f5dbd2e9a6b6deb98375cb64f9d65971c',
    recoversTo: '0xEc396Ad7126284a8dD1636b0Cc1e8748D0DE5866',
  },
] as const

export const PUBLISHED = {
  privateKey: 'badba7368134dcd61c60f9b56979c09196d03f5891a20c1557b1afac0202a97c',
  address: '0x65a796a4bD3AaF6370791BefFb1A86EAcfdBc3C1',
  cases: [
    {
      message: 'Sila',
      signature:
        'ea3706a8d2b4c627f847c0c6bfcd59f001021d790f06924ff395e9faecb510c53c09274b70cc1d29bde630d277096d570ee7983455344915d19085cc13288b421b',
    },
    {
      message: 'test',
      signature:
        'f9978f3af681d3de06b3bcf5acf2181b5ebf54e0110f1d9d773d691ca2b42bdc39bf478d9ea8287bd15369fa3fd25c09b8c3c02bdbafd19f2aad043e350a037c1b',
    },
    {
      message: '{"test":"message"}',
      signature:
        '835e9235dcdc03ed8928df5ace375bc70ea6f41699cd861b8801c9c617b4f2b658ff8e2cda47ea84401cab8019e5bb9daf3c0af2e7d2ab96cba6966a75e017171b',
    },
    {
      message: '{"test": "message"}',
      signature:
        '2de2f5d3f778e485f234956679373b9730b717c33e628651c3371e7eb31c4a27738af1a3bf85472a2a7dfc0628ddd21f8611ff0e170ebd24003c2a34b2760d5c1c',
    },
  ],
} as const
