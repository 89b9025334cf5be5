import tseslint from 'typescript-eslint'

/** Only what needs types, and what biome therefore cannot find: promises that nobody waits for, and forgotten cases. */
export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '**/*.config.ts', '*.preset.ts', '**/*.js', '**/*.mjs', '**/*.cjs'] },
  {
    files: ['{packages,examples}/*/{src,test}/**/*.ts', 'benchmarks/src/**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      // Timers and listeners may be handed an async function whose errors it handles itself, in an arrow that returns nothing.
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
    },
  },
)
