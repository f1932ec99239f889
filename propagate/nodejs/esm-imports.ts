import Module, { createRequire } from 'node:module'
import { isAbsolute } from 'node:path'

type Load = (this: unknown, request: string, parent?: unknown, isMain?: boolean, ...rest: readonly unknown[]) => unknown

/**
 * Lets what ES modules import of a package in CommonJS come by `require`, where instrumentations look for it. Node
 * itself reads such a package by `Module._load`, in every version that this is for, and hands its exports on after.
 */
export function importByRequire (packageName: string): void {
  const inPackage = new RegExp(`[\\\\/]node_modules[\\\\/]${packageName.replaceAll('/', '[\\\\/]')}[\\\\/]`)
  const module = Module as unknown as { _load: Load }
  const load = module._load
  // `rest`: from Node 26 on, where hooks of the app found a module that may be in no file.
  module._load = function (request, parent, isMain, ...rest) {
    // Of what is required there is a parent.
    const isImported = parent === undefined && isMain !== true && isAbsolute(request) && inPackage.test(request)
    return isImported ? createRequire(request)(request) : Reflect.apply(load, this, [request, parent, isMain, ...rest])
  }
}
