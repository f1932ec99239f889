type Fields = Readonly<Record<string, unknown>>

/** Lays a patch over an object as a strategic merge does: lists of named things are joined by name. */
export function mergeByName (base: unknown, patch: unknown): unknown {
  if (isList(base) && isList(patch)) return patch.reduce<readonly unknown[]>(mergeItem, base)
  if (!isFields(base) || !isFields(patch)) return patch
  const merged = Object.entries(patch).map(([key, value]) => [key, key in base ? mergeByName(base[key], value) : value])
  return { ...base, ...Object.fromEntries(merged) as Fields }
}

function mergeItem (items: readonly unknown[], item: unknown): readonly unknown[] {
  const key = keyOf(item)
  const at = items.findIndex(other => key !== undefined && keyOf(other) === key)
  return at === -1 ? [...items, item] : items.with(at, mergeByName(items[at], item))
}

// By what Kubernetes tells the items of its lists apart. Mounts have a name too, which is their volume's.
function keyOf (item: unknown): unknown {
  return isFields(item) ? item['mountPath'] ?? item['name'] : undefined
}

function isList (value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !isList(value)
}
