import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'happy-dom',
    include: ['labextension/test/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    setupFiles: ['labextension/test/setup.ts'],
    // JupyterLab's packages leave file endings out of their imports, which Node by itself does not resolve.
    server: { deps: { inline: [/@jupyter/, /@lumino/] } }
  }
});
