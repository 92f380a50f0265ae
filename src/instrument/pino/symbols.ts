/** pino keeps what belongs to a logger under symbols of its own: they are found by their names, once for each copy of pino. */

export interface PinoInstance {
  readonly levels?: { readonly labels: Readonly<Record<number, string>> }
  readonly [key: symbol]: unknown
}

/** What makes up a line, under the symbols of one copy of pino; undefined where it has none of that name. */
export interface LineSymbols {
  readonly lsCache: symbol | undefined
  readonly nestedKey: symbol | undefined
  readonly formatters: symbol | undefined
  readonly messageKey: symbol | undefined
  readonly errorKey: symbol | undefined
  readonly serializers: symbol | undefined
  readonly stringifiers: symbol | undefined
  readonly chindings: symbol | undefined
}

/** `pino.messageKey` -> the symbol of that name, which all loggers of one copy share. */
export class Symbols {
  private readonly known = new Map<string, symbol | undefined>()
  private ofLine: LineSymbols | undefined

  /** What a logger has under a name. */
  read(instance: PinoInstance, name: string): unknown {
    const symbol = this.find(instance, name)
    return symbol === undefined ? undefined : instance[symbol]
  }

  /** Those that every line is looked at by. */
  forLine(instance: PinoInstance): LineSymbols {
    this.ofLine ??= {
      lsCache: this.find(instance, 'pino.lsCache'),
      nestedKey: this.find(instance, 'pino.nestedKey'),
      formatters: this.find(instance, 'pino.formatters'),
      messageKey: this.find(instance, 'pino.messageKey'),
      errorKey: this.find(instance, 'pino.errorKey'),
      serializers: this.find(instance, 'pino.serializers'),
      stringifiers: this.find(instance, 'pino.stringifiers'),
      chindings: this.find(instance, 'pino.chindings'),
    }
    return this.ofLine
  }

  private find(instance: PinoInstance, name: string): symbol | undefined {
    let symbol = this.known.get(name)
    if (symbol === undefined && !this.known.has(name)) {
      symbol = find(instance, name)
      this.known.set(name, symbol)
    }
    return symbol
  }
}

function find(instance: PinoInstance, name: string): symbol | undefined {
  for (let owner: object | null = instance; owner; owner = Object.getPrototypeOf(owner)) {
    const symbol = Object.getOwnPropertySymbols(owner).find(({ description }) => description === name)
    if (symbol !== undefined) return symbol
  }
  return undefined
}
