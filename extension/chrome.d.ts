/**
 * What we use of the browser's interface for extensions.
 *
 * @see https://developer.chrome.com/docs/extensions/reference/api
 */
declare namespace chrome {
  type Event<Parameters extends readonly unknown[] = []> = {
    addListener: (listener: (...parameters: Parameters) => void) => void
  }

  namespace runtime {
    const onInstalled: Event
    const onStartup: Event
    function openOptionsPage (): Promise<void>
  }

  namespace storage {
    const onChanged: Event
    const local: {
      get: (key: string) => Promise<Record<string, unknown>>
      set: (items: Record<string, unknown>) => Promise<void>
    }
  }

  namespace permissions {
    type Wanted = { readonly origins: string[] }
    const onAdded: Event
    const onRemoved: Event
    function contains (wanted: Wanted): Promise<boolean>
    /** Only while the user's click is fresh. Asks the user, unless they have allowed it before. */
    function request (wanted: Wanted): Promise<boolean>
    function remove (wanted: Wanted): Promise<boolean>
  }

  namespace tabs {
    /** `url` only where we may know it. */
    type Tab = { readonly id?: number, readonly url?: string }
    const onUpdated: Event<[tabId: number, change: object, tab: Tab]>
    function query (wanted: { readonly active?: boolean, readonly currentWindow?: boolean }): Promise<Tab[]>
  }

  namespace action {
    function setIcon (details: { tabId: number, path: Record<string, string> }): Promise<void>
    function setBadgeText (details: { tabId: number, text: string }): Promise<void>
    function setBadgeBackgroundColor (details: { tabId: number, color: string }): Promise<void>
    function setTitle (details: { tabId: number, title: string }): Promise<void>
  }

  namespace declarativeNetRequest {
    function getDynamicRules (): Promise<{ readonly id: number }[]>
    function updateDynamicRules (change: {
      readonly removeRuleIds: number[], readonly addRules: readonly object[]
    }): Promise<void>
  }
}
