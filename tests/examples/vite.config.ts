import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// One address for `vite` and `vite preview`: the server lists origins one by one.
const address = { host: '127.0.0.1', port: 4173, strictPort: true };

export default defineConfig({ plugins: [react()], server: address, preview: address });
