# One image, one command: `naap <subcommand>`. The embedded PostgreSQL is for development and is left out.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY prisma ./prisma
COPY prisma.config.ts ./
RUN npm ci --omit=optional
COPY . .

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app /app
USER node
ENTRYPOINT ["npx", "--no-install", "naap"]
CMD ["serve"]
