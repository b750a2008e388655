import { defineConfig } from 'prisma/config';

// Prisma looks for an engine binary that generating never starts; naming any file keeps it from downloading one.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma' });
