const spelt = (units: Readonly<Record<string, string>>) =>
  new Map(
    Object.entries(units).flatMap(([unit, spellings]) => spellings.split(' ').map((one) => [one, unit] as const)),
  );

/** Units after a number, each with its spellings. */
export const UNITS: ReadonlyMap<string, string> = spelt({
  in: 'in inch inches',
  ft: 'ft foot feet',
  mm: 'mm millimeter millimeters millimetre millimetres',
  cm: 'cm cms centimeter centimeters centimetre centimetres',
  m: 'meter metre meters metres',
  yd: 'yd yds yard yards',
  g: 'g gram grams gm gms',
  kg: 'kg kgs kilogram kilograms',
  mg: 'mg mgs milligram milligrams',
  mcg: 'mcg ug microgram micrograms',
  lb: 'lb lbs pound pounds',
  oz: 'oz ounce ounces',
  ml: 'ml cc milliliter milliliters millilitre millilitres',
  ul: 'ul microliter microlitre',
  l: 'l liter litre liters litres ltr',
  gal: 'gal gallon gallons',
  cu: 'cu cubic cuft',
  gb: 'gb gig',
  mb: 'mb',
  tb: 'tb',
  kb: 'kb',
  mhz: 'mhz',
  ghz: 'ghz',
  hz: 'hz',
  w: 'w watt watts',
  v: 'v volt volts',
  mah: 'mah',
  mp: 'mp megapixel megapixels',
  p: 'p',
  btu: 'btu btus',
  x: 'x',
  pk: 'pk pack packs ct count pcs pc pieces piece ea box boxes bx case cases cs carton cartons ctn',
  port: 'port ports',
  user: 'user users',
  disc: 'disc discs cd cds dvd',
  channel: 'channel channels ch',
  percent: 'percent pct',
  fr: 'fr french',
  ga: 'ga gauge',
  ply: 'ply',
  way: 'way',
  lumen: 'lumen lumens',
  iu: 'iu unit units',
  meq: 'meq',
  mmol: 'mmol',
  gtt: 'gtt drops',
  deg: 'deg degree degrees',
  psi: 'psi',
  hole: 'hole holes',
});

export const NUMBER_AND_UNIT = /^v?(\d+(?:\.\d+)?)([a-z]*)$/;
const HAS_DIGIT = /\d/;
const GLUED_SIDES = /^\d+(?:x\d+){1,2}[a-z]{0,2}$/;
const FEWEST_CODE_CHARACTERS = 4;
const FEWEST_CODE_DIGITS = 5;

/** A number by which a maker calls a product; sizes and counts are none. */
export function isModelCode(token: string): boolean {
  if (token.length < FEWEST_CODE_CHARACTERS || !HAS_DIGIT.test(token) || token.includes('.')) return false;
  if (GLUED_SIDES.test(token)) return false;
  const [, number, unit] = NUMBER_AND_UNIT.exec(token) ?? [];
  if (number === undefined) return true;
  return unit === ''
    ? number.length >= FEWEST_CODE_DIGITS
    : !UNITS.has(unit ?? '') && token.length > FEWEST_CODE_CHARACTERS;
}
