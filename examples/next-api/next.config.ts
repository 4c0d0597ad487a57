import { join } from 'node:path'
import type { NextConfig } from 'next'

const config: NextConfig = {
  // The library is beside this example, so the folder that Next may read is that of the repository.
  turbopack: { root: join(import.meta.dirname, '../..') },
}

export default config
