/** Makes JSON schemas of the exported types of a TypeScript file. */
import ts from 'typescript'

export type Schema = { readonly [key: string]: unknown }

export function createSchemas(checker: ts.TypeChecker, source: ts.SourceFile) {
  const exported = new Map(
    checker
      .getExportsOfModule(checker.getSymbolAtLocation(source)!)
      .filter(({ flags }) => flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias))
      .map((symbol) => [symbol.name, symbol]),
  )
  const named = new Map<string, Schema>()

  /** A reference to a named type, which is described once. */
  function of(name: string): Schema {
    if (!named.has(name)) {
      const symbol = exported.get(name)
      if (!symbol) throw new Error(`${name} is no exported type of ${source.fileName}`)
      named.set(name, {}) // types may hold themselves
      named.set(name, { ...describe(checker.getDeclaredTypeOfSymbol(symbol)), ...docOf(symbol) })
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  function schemaOf(type: ts.Type): Schema {
    const name = (type.aliasSymbol ?? type.symbol)?.name
    const isNamed = name !== undefined && exported.has(name) && type.aliasTypeArguments === undefined
    return isNamed ? of(name) : describe(type)
  }

  function describe(type: ts.Type): Schema {
    if (type.flags & ts.TypeFlags.Any || type.flags & ts.TypeFlags.Unknown) return {}
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' }
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' }
    for (const [flag, name] of [
      [ts.TypeFlags.String, 'string'],
      [ts.TypeFlags.Number, 'number'],
      [ts.TypeFlags.Boolean, 'boolean'],
    ] as const)
      if (type.flags & flag) return { type: name }
    if (type.isUnion()) return unionOf(type)
    if (checker.isArrayType(type))
      return { type: 'array', items: schemaOf(checker.getTypeArguments(type as ts.TypeReference)[0]!) }
    return objectOf(type)
  }

  function unionOf(type: ts.UnionType): Schema {
    const present = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined))
    const literals = present.filter((one) => one.isStringLiteral() || one.isNumberLiteral())
    const booleans = present.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral)
    const rest = present.filter((one) => !(one.isStringLiteral() || one.isNumberLiteral()) && !booleans.includes(one))
    const all = [
      ...(literals.length > 0 ? [{ enum: literals.map((one) => (one as ts.LiteralType).value) }] : []),
      ...(booleans.length === 2 ? [{ type: 'boolean' }] : booleans.map(describe)),
      ...rest.map(schemaOf),
    ]
    return all.length === 1 ? all[0]! : { anyOf: all }
  }

  function objectOf(type: ts.Type): Schema {
    const properties = checker.getPropertiesOfType(type)
    const values = checker.getIndexTypeOfType(type, ts.IndexKind.String)
    const required = properties.filter(({ flags }) => !(flags & ts.SymbolFlags.Optional)).map(({ name }) => name)
    return {
      type: 'object',
      ...(properties.length > 0
        ? { properties: Object.fromEntries(properties.map((property) => [property.name, propertyOf(property)])) }
        : {}),
      ...(required.length > 0 ? { required } : {}),
      ...(values ? { additionalProperties: schemaOf(values) } : {}),
    }
  }

  function propertyOf(property: ts.Symbol): Schema {
    return { ...schemaOf(checker.getTypeOfSymbol(property)), ...docOf(property) }
  }

  function docOf(symbol: ts.Symbol): Schema {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\{@link (\w+)\}/g, '$1')
    return text === '' ? {} : { description: text }
  }

  return {
    of,
    /** The properties of a type as parameters of a query. */
    parametersOf(name: string) {
      const type = checker.getDeclaredTypeOfSymbol(exported.get(name)!)
      return checker.getPropertiesOfType(type).map((property) => {
        const { description, ...schema } = propertyOf(property)
        return {
          name: property.name,
          ...(property.flags & ts.SymbolFlags.Optional ? {} : { required: true }),
          schema,
          ...(description === undefined ? {} : { description: String(description) }),
        }
      })
    },
    /** All that were referred to, by name. */
    named: () => Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}
