// Invented personal data that occur nowhere else, so that any trace of them can be found, and the record that carries them.

export interface Canaries {
  /** To be spread into a validation of gu1's emulator, as its `raw`. */
  record: Record<string, unknown>
  /** Every value that must not be seen by who may not. */
  values: readonly string[]
}

/** `mark` makes them those of one person. */
export function createCanaries(mark: string): Canaries {
  const extracted = {
    firstName: `Zuleika${mark}`,
    lastName: `Quillfeather${mark}`,
    fullName: `Zuleika${mark} Quillfeather${mark}`,
    dateOfBirth: `1961-07-${mark}`,
    documentNumber: `XQ${mark}900817`,
    documentType: `laissez-passer-${mark}`,
    nationality: `Ruritania${mark}`,
    issuingCountry: `Grauslark${mark}`,
    expirationDate: `2044-03-${mark}`,
    address: `${mark} Nowhere Crescent`,
  }
  const sessionUrl = `https://verify.example/session/${mark}-open-me`
  const oddity = `oddity-${mark}-of-nobody`
  return {
    record: {
      extractedData: extracted,
      providerSessionUrl: sessionUrl,
      riskAssessment: { level: { [oddity]: 1 } },
    },
    values: [...Object.values(extracted), sessionUrl, oddity],
  }
}
