// What the gate lets through, and in which order.
import { describe, expect, it } from 'vitest'
import { createGate } from './gate.ts'

describe('a gate with two places', () => {
  it('lets two in at a time, in order, and the next one when one leaves, also by an error', async () => {
    const gate = createGate(2)
    const events: string[] = []
    const doors = new Map<string, { resolve(): void; reject(error: Error): void }>()
    const enter = (name: string) =>
      gate(() => {
        events.push(name)
        return new Promise<void>((resolve, reject) => doors.set(name, { resolve, reject }))
      })
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(enter)
    expect(events).toEqual(['a', 'b'])
    doors.get('b')?.reject(new Error('left'))
    await expect(b).rejects.toThrow('left')
    expect(events).toEqual(['a', 'b', 'c'])
    doors.get('a')?.resolve()
    await a
    expect(events).toEqual(['a', 'b', 'c', 'd'])
    doors.get('c')?.resolve()
    doors.get('d')?.resolve()
    await Promise.all([c, d])
    const last = enter('e')
    doors.get('e')?.resolve()
    await last
    expect(events).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})
