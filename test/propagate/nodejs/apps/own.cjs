// What an app loads by NODE_OPTIONS of its own.
globalThis.own = 'kept'
