/** The version every part reports. `test/common/contract.test.ts` holds it equal to package.json. */
export const VERSION = '0.1.0'
