import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/*', '!labextension', '!labextension/src/**', '!labextension/test/**'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    files: ['labextension/{src,test}/**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      // `signal.connect(this._method, this)` is how methods become slots.
      '@typescript-eslint/unbound-method': 'off',
      // Numbers in texts are what most texts here are made of.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }]
    }
  }
);
