/** A unit of measure of the hub's table. */
export interface UnitOfMeasure {
  /** UNECE Recommendation 20 or 21 code, or the ANSI X12 code of the trade where those two have another one. */
  readonly code: string;
  readonly label: string;
  /** UCUM code, where the unit measures something. */
  readonly ucum?: string;
  /** Other codes and spellings; case doesn't matter. */
  readonly aliases: readonly string[];
}

const measure = (code: string, label: string, ucum: string, ...aliases: string[]): UnitOfMeasure => ({
  code,
  label,
  ucum,
  aliases,
});
const count = (code: string, label: string, ...aliases: string[]): UnitOfMeasure => ({ code, label, aliases });

/**
 * The units that healthcare supply chains use. Counting and packaging units carry the two-letter codes of orders and
 * invoices; their Recommendation 21 codes ("XBX") are aliases. Where two lists give one code different meanings, the
 * one of purchase orders wins: BT is a bottle and TB a tube, ST a sheet. Left out because it would be a guess: "GR" (gram
 * or gross), "M" (metre or thousand), "SY" (syringe or square yard).
 */
export const UNITS: readonly UnitOfMeasure[] = [
  // One thing: C62 "one", H87 "piece" and EA "each" are used for each other everywhere.
  count(
    'C62',
    'each',
    'H87',
    'EA',
    'each',
    'piece',
    'pieces',
    'pc',
    'pcs',
    'pce',
    'one',
    'unit',
    'units',
    'un',
    'XPP',
    'NAR',
  ),
  count('PR', 'pair', 'pairs', 'NPR'),
  count('DZN', 'dozen', 'DZ', 'dozens', 'doz'),
  count('GRO', 'gross', 'GS'),
  count('HC', 'hundred', 'CEN', 'hundreds'),
  count('MIL', 'thousand', 'thousands'),
  count('SET', 'set', 'sets'),
  count('KT', 'kit', 'kits'),
  count('ST', 'sheet', 'sheets', 'SH', 'XST'),
  count('{test}', 'test', 'tests'),
  count('{syringe}', 'syringe', 'syringes', 'syr'),
  count('U2', 'tablet', 'tablets', 'tab', 'tabs'),
  count('AV', 'capsule', 'capsules', 'cap', 'caps', 'XAV'),
  count('E27', 'dose', 'doses'),
  count('NIU', 'number of international units', 'international unit', 'international units', 'iu'),
  count('E48', 'service unit', 'service', 'services'),
  // Packaging
  count('AM', 'ampoule', 'ampoules', 'ampule', 'ampules', 'ampul', 'amp', 'XAM', 'XAP'),
  count('BG', 'bag', 'bags', 'XBG'),
  count('BT', 'bottle', 'bottles', 'btl', 'BO', 'XBO', 'XBQ', 'XBS'),
  count('BX', 'box', 'boxes', 'bxs', 'XBX'),
  count('CA', 'can', 'cans', 'XCA'),
  count('CG', 'card', 'cards'),
  count('CQ', 'cartridge', 'cartridges', 'XCQ'),
  count('CS', 'case', 'cases', 'cse', 'XCS'),
  count('CT', 'carton', 'cartons', 'ctn', 'ctns', 'XCT'),
  count('CY', 'cylinder', 'cylinders', 'XCY'),
  count('DR', 'drum', 'drums', 'XDR'),
  count('EV', 'envelope', 'envelopes', 'XEN'),
  count('JR', 'jar', 'jars', 'XJR'),
  count('JG', 'jug', 'jugs', 'XJG'),
  count('PA', 'packet', 'packets', 'pkt', 'sachet', 'sachets', 'XPA', 'XSH'),
  count('PD', 'pad', 'pads'),
  count('PF', 'pallet', 'pallets', 'plt', 'XPX'),
  count('PK', 'pack', 'packs', 'package', 'packages', 'pkg', 'pkgs', 'pck', 'XPK'),
  count('RL', 'reel', 'reels', 'XRL'),
  count('RO', 'roll', 'rolls', 'rol', 'XRO'),
  count('TB', 'tube', 'tubes', 'XTU'),
  count('TY', 'tray', 'trays', 'XPU'),
  count('VI', 'vial', 'vials', 'XVI'),
  // Mass
  measure('MC', 'microgram', 'ug', 'µg', 'μg', 'mcg', 'micrograms'),
  measure('MGM', 'milligram', 'mg', 'milligrams', 'ME'),
  measure('GRM', 'gram', 'g', 'G', 'grams', 'gm', 'gms'),
  measure('KGM', 'kilogram', 'kg', 'kilograms', 'kilo', 'kgs'),
  measure('TNE', 'tonne', 't', 'tonnes', 'metric ton'),
  measure('LBR', 'pound', '[lb_av]', 'lb', 'lbs', 'pounds'),
  measure('ONZ', 'ounce', '[oz_av]', 'oz', 'ounces'),
  // Volume
  measure('4G', 'microlitre', 'uL', 'µL', 'μL', 'microliter', 'microlitres', 'microliters'),
  measure('MLT', 'millilitre', 'mL', 'ml', 'milliliter', 'millilitres', 'milliliters', 'cc', 'CMQ', 'cm3'),
  measure('CLT', 'centilitre', 'cL', 'centiliter'),
  measure('DLT', 'decilitre', 'dL', 'deciliter'),
  measure('LTR', 'litre', 'L', 'l', 'liter', 'litres', 'liters', 'LT'),
  measure('MTQ', 'cubic metre', 'm3', 'cubic meter'),
  measure('OZA', 'fluid ounce (US)', '[foz_us]', 'fl oz', 'floz', 'fluid ounce', 'FO'),
  measure('PTL', 'liquid pint (US)', '[pt_us]', 'pint', 'pints'),
  measure('QTL', 'liquid quart (US)', '[qt_us]', 'quart', 'quarts', 'qt'),
  measure('GLL', 'gallon (US)', '[gal_us]', 'gal', 'gallon', 'gallons', 'GA'),
  // Length and area
  measure('MMT', 'millimetre', 'mm', 'millimeter', 'millimetres', 'millimeters'),
  measure('CMT', 'centimetre', 'cm', 'centimeter', 'centimetres', 'centimeters'),
  measure('MTR', 'metre', 'm', 'meter', 'metres', 'meters', 'MR'),
  measure('KMT', 'kilometre', 'km', 'kilometer', 'kilometres', 'kilometers'),
  measure('INH', 'inch', '[in_i]', 'in', 'inches', 'IN'),
  measure('FOT', 'foot', '[ft_i]', 'ft', 'feet'),
  measure('YRD', 'yard', '[yd_i]', 'yd', 'yards'),
  measure('SMI', 'mile', '[mi_i]', 'mi', 'miles'),
  measure('CMK', 'square centimetre', 'cm2', 'square centimeter'),
  measure('MTK', 'square metre', 'm2', 'square meter', 'sqm'),
  measure('FTK', 'square foot', '[sft_i]', 'square feet', 'sqft', 'sq ft'),
  // Time
  measure('SEC', 'second', 's', 'seconds', 'sec'),
  measure('MIN', 'minute', 'min', 'minutes', 'mins'),
  measure('HUR', 'hour', 'h', 'hours', 'hr', 'hrs'),
  measure('DAY', 'day', 'd', 'days'),
  measure('WEE', 'week', 'wk', 'weeks'),
  measure('MON', 'month', 'mo', 'months', 'mth'),
  measure('ANN', 'year', 'a', 'years', 'yr', 'yrs'),
  // Temperature, share, concentration, energy
  measure('CEL', 'degree Celsius', 'Cel', 'celsius', '°C', 'degree C', 'degC'),
  measure('FAH', 'degree Fahrenheit', '[degF]', 'fahrenheit', '°F', 'degF'),
  measure('KEL', 'kelvin', 'K'),
  measure('P1', 'percent', '%', 'per cent', 'pct'),
  measure('GL', 'gram per litre', 'g/L', 'g/l'),
  measure('M1', 'milligram per litre', 'mg/L', 'mg/l'),
  measure('C34', 'mole', 'mol', 'moles'),
  measure('C18', 'millimole', 'mmol', 'millimoles'),
  measure('KWH', 'kilowatt hour', 'kW.h', 'kwh'),
  measure('WTT', 'watt', 'W', 'watts'),
  measure('VLT', 'volt', 'V', 'volts'),
];
