#!/usr/bin/env node
/**
 * First file of dist/waylay.js: switches V8's code cache on before the rest is loaded, which takes a third off the
 * start of every command. It is apart from cli/main.ts because the cache serves only what is imported after it.
 */
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// Not Node's default below the shared temporary folder: whoever can write there first could plant code for others.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'waylay', 'compile-cache'))

await import('../cli/main.ts')
