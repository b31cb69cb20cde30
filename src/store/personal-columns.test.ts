// What a write does to the sealed columns of a validation, on every database.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabases } from '../../test/support/database.ts'
import { addEntity, addValidation, TENANT } from '../../test/support/rows.ts'
import { type SealedPersonal, writeValidation } from './validation-writes.ts'
import { readValidations } from './validations.ts'

describe.each(testDatabases)('validations on $name', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())

  it('keep their personal data where a write says nothing of them, and lose them where it says that there are none', async () => {
    const { db } = database
    const id = await addValidation(db, await addEntity(db))
    const read = () => db.selectFrom('validation').select(['personal', 'personal_classes']).executeTakeFirst()
    const write = async (personal?: SealedPersonal) => {
      const [row] = await readValidations(db, TENANT, [id])
      if (!row) throw new Error('the validation is gone')
      await db
        .transaction()
        .execute((tx) => writeValidation(tx, row, { state: row.state, personal, lookAt: null }))
      return read()
    }
    expect(await read()).toEqual({ personal: null, personal_classes: [] })
    const sealed: SealedPersonal = { sealed: Buffer.from([2]), classes: ['IDENTITY', 'LINK'] }
    const known = { personal: sealed.sealed, personal_classes: ['IDENTITY', 'LINK'] }
    expect(await write(sealed)).toEqual(known)
    expect(await write()).toEqual(known)
    expect(await write({ sealed: null, classes: [] })).toEqual({ personal: null, personal_classes: [] })
  })
})
