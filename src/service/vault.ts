// Seals personal data with a key of their owner, so that destroying the key destroys them wherever they were copied.

/** Where a sealed value stands. It opens only there: the place is bound into the seal. */
export interface SealedPlace {
  tenant: string
  table: string
  column: string
  /** The row's key. */
  row: string
}

export interface Vault {
  /** `owner`: the id of the entity or delivery whose key seals; a key is made where it has none. */
  seal(owner: string, place: SealedPlace, content: Uint8Array): Promise<Uint8Array>
  /**
   * One result per value, in order: the content; null where the key was destroyed. Throws SEALED_DATA_DAMAGED where a
   * value was changed, shortened or moved, or its master key is not set.
   */
  openAll(values: readonly { place: SealedPlace; sealed: Uint8Array }[]): Promise<(Uint8Array | null)[]>
  /** Destroys the keys of these owners for good; answers how many there were. */
  destroy(owners: readonly string[]): Promise<number>
}
