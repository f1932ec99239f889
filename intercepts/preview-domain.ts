/**
 * Where previews are served: at least two labels in lower case, short enough for a label in front, and the port that
 * visitors come to where it is not 443. Each preview is an origin below it.
 */
export const PREVIEW_DOMAIN = /^(?=[^:]{3,190}(:|$))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:(?!443$)[1-9]\d{1,4})?$/

/** What a setting that is none should have been. */
export const PREVIEW_DOMAIN_WORDS = 'a domain such as preview.example.com, with :port where it is not 443'
