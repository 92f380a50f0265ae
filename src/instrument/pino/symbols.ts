/** pino keeps what belongs to a logger under symbols of its own: they are found by their names, once for each copy of pino. */

export interface PinoInstance {
  readonly levels?: { readonly labels: Readonly<Record<number, string>> }
  readonly [key: symbol]: unknown
}

/** `pino.messageKey` -> the symbol of that name, which all loggers of one copy share. */
export class Symbols {
  private readonly known = new Map<string, symbol | undefined>()

  /** What a logger has under a name. */
  read(instance: PinoInstance, name: string): unknown {
    let symbol = this.known.get(name)
    if (symbol === undefined) {
      if (this.known.has(name)) return undefined
      symbol = find(instance, name)
      this.known.set(name, symbol)
    }
    return symbol === undefined ? undefined : instance[symbol]
  }
}

function find(instance: PinoInstance, name: string): symbol | undefined {
  for (let owner: object | null = instance; owner; owner = Object.getPrototypeOf(owner)) {
    const symbol = Object.getOwnPropertySymbols(owner).find(({ description }) => description === name)
    if (symbol !== undefined) return symbol
  }
  return undefined
}
