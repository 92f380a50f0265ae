/** Versions that an instrumentation patches as well as those which it names: checked by tests with the installed ones. */

const ALSO: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  bunyan: { bunyan: '>=2.0.0 <3' },
  'nestjs-core': { '@nestjs/core': '>=12.0.0 <13' },
  openai: { openai: '>=7.0.0 <8' },
}

interface Versioned {
  readonly name: string
  supportedVersions: string[]
}

/** Of a definition, and of the files in it. */
export function widenVersions(
  instrumentation: string,
  definition: Versioned & { readonly files: readonly object[] },
): void {
  const range = ALSO[instrumentation]?.[definition.name]
  if (range === undefined) return
  for (const versioned of [definition, ...(definition.files as readonly Versioned[])])
    versioned.supportedVersions = [...versioned.supportedVersions, range]
}
