import type { ExecutionContext } from 'ava'

/** What is undone when all pictures are taken. */
export type Undo = Pick<ExecutionContext, 'teardown'>

/** The shop that is drawn: its namespace, the value by which Maria answers payments, and where pictures go. */
export type Scene = { readonly namespace: string, readonly id: string, readonly folder: string }
