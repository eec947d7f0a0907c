/** How a program uses a package: the imports of its module, and what its stage gives. */
export interface Use {
  /** With versions; what they depend on is as it was on `before`. */
  readonly packages: readonly string[]
  readonly imports: string
  /** A body of an async function that returns JSON. */
  readonly run: string
  /** The diagnostic by which `check` and `compile` refuse it. Default: it runs. */
  readonly refused?: string
}

/** Packages are installed as they were on this day. */
export const before = '2026-11-30'

/** The ones that the test suite tries: they are dependencies of it. */
export const inSuite = ['pdfkit', 'ajv', 'pngjs', 'ml-matrix', 'source-map']

export const uses: Readonly<Record<string, Use>> = {
  'csv-parse': {
    packages: ['csv-parse@7.0.3'],
    imports: "import { parse } from 'csv-parse/sync'",
    run: 'return parse(\'a,b\\n1,2\\n3,"x,y"\', { columns: true })',
  },
  papaparse: {
    packages: ['papaparse@5.7.1'],
    imports: "import Papa from 'papaparse'",
    run: "return [Papa.parse('a,b\\n1,2', { header: true, dynamicTyping: true }).data, Papa.unparse([{ a: 1, b: 'x,y' }])]",
  },
  'fast-csv': {
    packages: ['fast-csv@5.0.8'],
    imports: "import { parseString, writeToString } from 'fast-csv'",
    run: `const rows: unknown[] = []
    await new Promise((resolve, reject) => parseString('a,b\\n1,2', { headers: true }).on('data', (row) => rows.push(row)).on('end', resolve).on('error', reject))
    return [rows, await writeToString([{ a: 1, b: 2 }], { headers: true })]`,
  },
  'apache-arrow': {
    packages: ['apache-arrow@21.2.0'],
    imports: "import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'",
    run: `const table = tableFromArrays({ n: Float64Array.of(1, 2, 3), s: ['a', 'b', 'c'] })
    return tableFromIPC(tableToIPC(table)).toArray().map((row) => row.toJSON())`,
  },
  hyparquet: {
    packages: ['hyparquet@1.33.0', 'hyparquet-writer@0.17.0'],
    imports: "import { parquetReadObjects } from 'hyparquet'\nimport { parquetWriteBuffer } from 'hyparquet-writer'",
    run: "const file = parquetWriteBuffer({ columnData: [{ name: 'n', data: [1, 2, 3], type: 'INT32' }] })\n    return await parquetReadObjects({ file })",
  },
  'parquet-wasm': {
    packages: ['parquet-wasm@0.8.0', 'apache-arrow@21.2.0'],
    imports:
      "import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'\nimport { readParquet, Table, writeParquet } from 'parquet-wasm'",
    run: `const table = Table.fromIPCStream(tableToIPC(tableFromArrays({ n: Int32Array.of(1, 2) }), 'stream'))
    return tableFromIPC(readParquet(writeParquet(table)).intoIPCStream()).toArray().map((row) => row.toJSON())`,
    refused: 'code-too-large',
  },
  'simple-statistics': {
    packages: ['simple-statistics@7.12.1'],
    imports: "import { linearRegression, mean, quantile, standardDeviation } from 'simple-statistics'",
    run: 'return [mean([1, 2, 4]), quantile([1, 2, 3, 4], 0.5), standardDeviation([1, 2, 4]), linearRegression([[0, 0], [1, 2]])]',
  },
  'd3-array': {
    packages: ['d3-array@3.2.5'],
    imports: "import { bin, extent, rollup } from 'd3-array'",
    run: 'return [extent([3, 1, 2]), bin()([1, 1, 5, 9]).map((at) => at.length), [...rollup([1, 2, 3], (at) => at.length, (n) => n % 2)]]',
  },
  mathjs: {
    packages: ['mathjs@15.2.0'],
    imports: "import { evaluate, inv, multiply } from 'mathjs'",
    run: "return [evaluate('sqrt(3^2 + 4^2)'), String(evaluate('2 inch to cm')), multiply(inv([[2, 0], [0, 4]]), [1, 1])]",
  },
  'ml-matrix': {
    packages: ['ml-matrix@6.15.1'],
    imports: "import { EigenvalueDecomposition, Matrix, solve } from 'ml-matrix'",
    run: 'return [new EigenvalueDecomposition(new Matrix([[2, 0], [0, 3]])).realEigenvalues, solve(new Matrix([[2, 1], [1, 3]]), Matrix.columnVector([3, 5])).to2DArray()]',
  },
  'ml-regression': {
    packages: ['ml-regression@6.3.0'],
    imports: "import regression from 'ml-regression'",
    run: 'const line = new regression.SLR([0, 1, 2], [1, 3, 5])\n    return [line.slope, line.intercept, new regression.PolynomialRegression([0, 1, 2, 3], [0, 1, 4, 9], 2).predict(4)]',
  },
  'ml-kmeans': {
    packages: ['ml-kmeans@7.0.1'],
    imports: "import { kmeans } from 'ml-kmeans'",
    run: 'return kmeans([[1, 1], [1, 2], [9, 9]], 2, { initialization: [[1, 1], [9, 9]] }).clusters',
  },
  'ml-random-forest': {
    packages: ['ml-random-forest@2.1.0'],
    imports: "import { RandomForestRegression } from 'ml-random-forest'",
    run: `const rows = Array.from({ length: 12 }, (_, i) => [i, (i * 7) % 5, (i * 3) % 4])
    const forest = new RandomForestRegression({ seed: 3, maxFeatures: 2, replacement: false, nEstimators: 20 })
    forest.train(rows, rows.map(([a = 0, b = 0]) => 2 * a + b))
    return forest.predict(rows.slice(0, 3))`,
  },
  'ml-cart': {
    packages: ['ml-cart@2.1.1'],
    imports: "import { DecisionTreeClassifier } from 'ml-cart'",
    run: 'const tree = new DecisionTreeClassifier({ minNumSamples: 1 })\n    tree.train([[0], [1], [8], [9]], [0, 0, 1, 1])\n    return tree.predict([[2], [7]])',
  },
  'fft.js': {
    packages: ['fft.js@4.0.4'],
    imports: "import FFT from 'fft.js'",
    run: 'const fft = new FFT(4)\n    const out = fft.createComplexArray()\n    fft.realTransform(out, [1, 0, 0, 0])\n    return out',
  },
  pdfkit: {
    packages: ['pdfkit@0.20.2'],
    imports: "import PDFDocument from 'pdfkit'",
    run: `const doc = new PDFDocument({ compress: false, info: { CreationDate: new Date(0) } })
    const parts: Buffer[] = []
    doc.on('data', (part: Buffer) => parts.push(part))
    const ended = new Promise((resolve) => doc.on('end', resolve))
    for (const font of ['Helvetica', 'Courier-Bold', 'Times-Italic', 'ZapfDingbats']) doc.font(font).text('accuracy 0.97')
    doc.end()
    await ended
    return Buffer.concat(parts).toString('latin1').replace(/<[0-9a-f]{32}>/g, '')`,
  },
  'pdf-lib': {
    packages: ['pdf-lib@1.17.1'],
    imports: "import { PDFDocument, StandardFonts } from 'pdf-lib'",
    run: `const pdf = await PDFDocument.create()
    const font = await pdf.embedFont(StandardFonts.Helvetica)
    pdf.addPage().drawText('accuracy', { font, size: 12 })
    return [font.widthOfTextAtSize('accuracy', 12), (await PDFDocument.load(await pdf.save())).getPageCount()]`,
  },
  pngjs: {
    packages: ['pngjs@7.0.0'],
    imports: "import { PNG } from 'pngjs'",
    run: 'const png = new PNG({ width: 2, height: 2 })\n    png.data.fill(7)\n    return [...PNG.sync.read(PNG.sync.write(png)).data]',
  },
  'jpeg-js': {
    packages: ['jpeg-js@0.4.4'],
    imports: "import jpeg from 'jpeg-js'",
    run: 'const { data } = jpeg.encode({ width: 8, height: 8, data: Buffer.alloc(256, 200) }, 90)\n    return [...jpeg.decode(data).data.subarray(0, 8)]',
  },
  'image-js': {
    packages: ['image-js@1.7.0'],
    imports: "import { decode, encode, Image } from 'image-js'",
    run: "return [...decode(encode(new Image(4, 4).fill([1, 2, 3]), { format: 'png' })).resize({ width: 2, height: 2 }).getRawImage().data]",
  },
  'gpt-tokenizer': {
    packages: ['gpt-tokenizer@4.0.0'],
    imports: "import { decode, encode } from 'gpt-tokenizer/encoding/r50k_base'",
    run: "return [encode('many words'), decode(encode('many words'))]",
  },
  'js-tiktoken': {
    packages: ['js-tiktoken@1.0.21'],
    imports: "import { Tiktoken } from 'js-tiktoken/lite'\nimport ranks from 'js-tiktoken/ranks/gpt2'",
    run: "return new Tiktoken(ranks).encode('many words')",
  },
  tiktoken: {
    packages: ['tiktoken@1.0.22'],
    imports: "import { get_encoding } from 'tiktoken'",
    run: "return [...get_encoding('gpt2').encode('many words')]",
    refused: 'code-too-large',
  },
  natural: {
    packages: ['natural@8.1.1'],
    imports: "import natural from 'natural'",
    run: "return [new natural.WordTokenizer().tokenize('many words'), natural.PorterStemmer.stem('running'), natural.JaroWinklerDistance('dixon', 'dicksonx', {})]",
    refused: 'code-too-large',
  },
  compromise: {
    packages: ['compromise@14.17.0'],
    imports: "import nlp from 'compromise'",
    run: "return [nlp('she walked home').verbs().toPresentTense().out('array'), nlp('two dogs').nouns().toSingular().text()]",
  },
  dayjs: {
    packages: ['dayjs@1.11.23'],
    imports: "import dayjs from 'dayjs'\nimport utc from 'dayjs/plugin/utc.js'\nimport 'dayjs/locale/de.js'",
    run: "dayjs.extend(utc)\n    return dayjs.utc(0).locale('de').format('dddd, D. MMMM YYYY')",
  },
  'date-fns': {
    packages: ['date-fns@4.4.0'],
    imports:
      "import { addMonths, formatISO } from 'date-fns'\nimport { format } from 'date-fns/format'\nimport { de } from 'date-fns/locale'",
    run: "return [formatISO(addMonths(new Date(2026, 0, 31), 1), { representation: 'date' }), format(new Date(2026, 2, 1), 'MMMM', { locale: de })]",
  },
  luxon: {
    packages: ['luxon@3.7.2'],
    imports: "import { DateTime } from 'luxon'",
    run: "return DateTime.fromISO('2026-03-01', { zone: 'Europe/Berlin' }).plus({ months: 1 }).toISO()",
  },
  lodash: {
    packages: ['lodash@4.18.1'],
    imports: "import _ from 'lodash'\nimport chunk from 'lodash/chunk.js'",
    run: "return [_.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even')), chunk([1, 2, 3], 2), _.template('<%= a %>!')({ a: 1 })]",
  },
  fflate: {
    packages: ['fflate@0.8.3'],
    imports: "import { gunzip, gunzipSync, gzipSync } from 'fflate'",
    run: `const zipped = gzipSync(new Uint8Array(1000).fill(7))
    const later = await new Promise<Uint8Array>((resolve, reject) => gunzip(zipped, (error, data) => (error ? reject(error) : resolve(data))))
    return [gunzipSync(zipped).length, later.length]`,
  },
  yaml: {
    packages: ['yaml@2.9.1'],
    imports: "import { parse, stringify } from 'yaml'",
    run: "return [parse('a: &x [1, 2]\\nb: *x'), stringify({ a: ['b'] })]",
  },
  'fast-xml-parser': {
    packages: ['fast-xml-parser@5.12.1'],
    imports: "import { XMLBuilder, XMLParser } from 'fast-xml-parser'",
    run: "return [new XMLParser().parse('<a><b>1</b><b>2</b></a>'), new XMLBuilder().build({ a: { b: [1] } })]",
  },
  exceljs: {
    packages: ['exceljs@4.4.0'],
    imports: "import ExcelJS from 'exceljs'",
    run: `const book = new ExcelJS.Workbook()
    book.addWorksheet('one').addRows([['a', 1], ['b', 2]])
    const read = new ExcelJS.Workbook()
    await read.xlsx.load(await book.xlsx.writeBuffer())
    return read.getWorksheet('one')?.getSheetValues().filter(Boolean).map((row) => (row as unknown[]).slice(1))`,
  },
  ajv: {
    packages: ['ajv@8.20.0'],
    imports: "import { Ajv } from 'ajv'",
    run: "const valid = new Ajv().compile({ type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] })\n    return [valid({ n: 1 }), valid({ n: 'x' }), valid.errors?.map(({ message }) => message)]",
  },
  seedrandom: {
    packages: ['seedrandom@3.0.5'],
    imports: "import seedrandom from 'seedrandom'",
    run: "const random = seedrandom('seed')\n    return [random(), random.int32(), seedrandom.alea('seed')()]",
  },
  // these find files of theirs, load what has no name, or can't be shipped
  'source-map': {
    packages: ['source-map@0.8.0'],
    imports: "import { SourceMapConsumer, SourceMapGenerator } from 'source-map'",
    run: `const made = new SourceMapGenerator({ file: 'a.js' })
    made.addMapping({ generated: { line: 1, column: 2 }, original: { line: 3, column: 4 }, source: 'a.ts' })
    return await SourceMapConsumer.with(made.toJSON(), null, (map) => map.originalPositionFor({ line: 1, column: 2 }))`,
  },
  'sql.js': {
    packages: ['sql.js@1.17.0'],
    imports: "import initSqlJs from 'sql.js'",
    run: "const { Database } = await initSqlJs()\n    return new Database().exec('select 1 + 2 as three')",
    refused: 'code-too-large',
  },
  protobufjs: {
    packages: ['protobufjs@8.8.1'],
    imports: "import protobuf from 'protobufjs'",
    run: `const { root } = protobuf.parse('syntax = "proto3"; message A { int32 n = 1; repeated string s = 2; }')
    const A = root.lookupType('A')
    return A.toObject(A.decode(A.encode({ n: 3, s: ['x'] }).finish()))`,
  },
  pino: {
    packages: ['pino@10.4.0'],
    imports: "import { pino } from 'pino'",
    run: `const lines: string[] = []
    pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) }).info({ loss: 1 }, 'epoch')
    return lines`,
  },
  handlebars: {
    packages: ['handlebars@4.7.10'],
    imports: "import Handlebars from 'handlebars'",
    run: "return Handlebars.compile('{{#each rows}}<{{n}}>{{/each}}')({ rows: [{ n: 1 }, { n: 2 }] })",
  },
  cheerio: {
    packages: ['cheerio@1.2.0'],
    imports: "import { load } from 'cheerio'",
    run: "return load('<ul><li>a</li><li>b</li></ul>')('li').map((_, at) => load(at).text()).get()",
  },
  'umap-js': {
    packages: ['umap-js@1.4.0', 'seedrandom@3.0.5'],
    imports: "import { UMAP } from 'umap-js'\nimport seedrandom from 'seedrandom'",
    run: 'return new UMAP({ nNeighbors: 2, nEpochs: 3, random: seedrandom("a") }).fit([[0, 0], [0, 1], [5, 5], [6, 5]]).map((row) => row.map((n) => n.toFixed(3)))',
  },
  'ml-pca': {
    packages: ['ml-pca@4.1.1'],
    imports: "import { PCA } from 'ml-pca'",
    run: 'return new PCA([[1, 2], [2, 4], [3, 7]]).getExplainedVariance().map((n) => n.toFixed(6))',
  },
  'wink-nlp': {
    packages: ['wink-nlp@2.4.0', 'wink-eng-lite-web-model@1.8.1'],
    imports: "import winkNLP from 'wink-nlp'\nimport model from 'wink-eng-lite-web-model'",
    run: "return winkNLP(model).readDoc('She walked home.').tokens().out(winkNLP(model).its.pos)",
    refused: 'code-too-large',
  },
  'iconv-lite': {
    packages: ['iconv-lite@0.7.3'],
    imports: "import iconv from 'iconv-lite'",
    run: "return [...iconv.encode('日本', 'shift_jis')]",
  },
  sharp: {
    packages: ['sharp@0.35.5'],
    imports: "import sharp from 'sharp'",
    run: 'return (await sharp(Buffer.alloc(3), { raw: { width: 1, height: 1, channels: 3 } }).png().toBuffer()).length',
    refused: 'native-addon',
  },
  'better-sqlite3': {
    packages: ['better-sqlite3@12.11.1'],
    imports: "import Database from 'better-sqlite3'",
    run: "return new Database(':memory:').prepare('select 1').all()",
    refused: 'native-addon',
  },
}
