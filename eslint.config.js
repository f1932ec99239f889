import neostandard from 'neostandard'
import tseslint from 'typescript-eslint'

/** What each folder may not import. Imports point one way: common <- the shared ones <- the parts. */
const parts = ['webhook', 'init-container', 'proxy', 'cli', 'preview', 'propagate', 'extension', 'pipelines']
const shared = ['http1', 'http2', 'intercepts', 'environments', 'tunnel', 'browse']
const outside = ['demo', 'test', 'bench', 'build']

const deepest = 5

/** One folder's fence: an import that leads out of it, by as many `../` as the file lies deep. */
function fence (folder, forbidden, reason) {
  return Array.from({ length: deepest }, (_, depth) => ({
    files: [`${folder}/${'*/'.repeat(depth)}*.ts`],
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [{ regex: `^(\\.\\./){${depth + 1}}(${forbidden.join('|')})/`, message: reason }]
      }]
    }
  }))
}

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '**/go/**'] },
  ...neostandard({ ts: true, noJsx: true }),
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@stylistic/max-len': ['error', {
        code: 120, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true, ignoreUrls: true
      }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      // `async` handlers that only return are clearer with the word than without it.
      '@typescript-eslint/require-await': 'off',
      // `void promise` is how no-floating-promises wants it said.
      'no-void': 'off',
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'no-console': 'error'
    }
  },
  ...fence('common', [...shared, ...parts, ...outside], 'common/ knows nobody'),
  ...shared.flatMap(folder => fence(folder, [...shared.filter(other => other !== folder), ...parts, ...outside],
    'a shared folder imports common/ only')),
  ...parts.flatMap(folder => fence(folder, [...parts.filter(other => other !== folder), ...outside],
    'no part imports another part')),
  {
    files: [...parts, ...shared, 'common'].map(folder => `${folder}/**/*.ts`),
    rules: {
      'no-restricted-properties': ['error',
        { object: 'process', property: 'env', message: 'only main.ts reads the environment' },
        { object: 'process', property: 'argv', message: 'only main.ts parses arguments' },
        { object: 'process', property: 'exit', message: 'only main.ts sets the exit code' },
        { object: 'process', property: 'exitCode', message: 'only main.ts sets the exit code' }]
    }
  },
  { files: ['**/main.ts'], rules: { 'no-restricted-properties': 'off' } },
  // Programs for people: printing is their job.
  {
    files: ['demo/**/*.ts', 'test/**/*.{ts,cjs,mjs}', 'build/**/*.ts', 'bench/**/*.ts', 'cli/terminal/output.ts'],
    rules: { 'no-console': 'off' }
  },
  { files: ['test/**/*.test.ts'], rules: { 'max-lines-per-function': 'off' } },
  { files: ['**/*.{js,cjs,mjs}'], ...tseslint.configs.disableTypeChecked },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  // Read by whatever Node an app brings.
  { files: ['propagate/nodejs/register.cjs'], rules: { 'no-var': 'off', 'object-shorthand': 'off' } }
)
