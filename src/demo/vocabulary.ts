/** Words that the demo's world is made of. All companies are invented. */

export const COMPANY_FIRST = [
  'Northgate',
  'Alder',
  'Bluewater',
  'Calloway',
  'Danforth',
  'Eastbrook',
  'Fairmont',
  'Greenfield',
  'Harborview',
  'Ironwood',
  'Juniper',
  'Kestrel',
  'Larkspur',
  'Millbrook',
  'Oakhaven',
  'Pinecrest',
  'Quarry Hill',
  'Redstone',
  'Silverline',
  'Thornbury',
  'Upland',
  'Valemont',
  'Westbridge',
  'Yarrow',
  'Ashgrove',
  'Beacon',
  'Cedar Ridge',
  'Dovetail',
  'Elmhurst',
  'Foxglove',
  'Granite Bay',
  'Hollis',
  'Inverness',
  'Jasper',
  'Kingsley',
  'Linden',
  'Marlow',
  'Norwood',
  'Orchard',
  'Prescott',
  'Rowan',
  'Sterling Point',
  'Tamarack',
  'Verity',
  'Windmere',
  'Zephyr',
] as const;
export const COMPANY_SECOND = [
  'Medical',
  'Surgical Supply',
  'Pharma',
  'Diagnostics',
  'Healthcare Products',
  'Biomedical',
  'Instruments',
  'Orthopaedics',
  'Imaging',
  'Laboratories',
  'Wound Care',
  'Respiratory',
  'Infusion Systems',
  'Sterile Products',
  'Dental',
  'Facility Services',
] as const;

export interface Place {
  readonly city: string;
  readonly region: string;
  readonly postcode: string;
  readonly country: 'US' | 'DE' | 'FR' | 'GB';
  /** Area code, or the beginning of a number as dialled at home. */
  readonly area: string;
}
const place = (city: string, region: string, postcode: string, country: Place['country'], area: string): Place => ({
  city,
  region,
  postcode,
  country,
  area,
});
export const US_PLACES = [
  place('Chicago', 'IL', '606', 'US', '312'),
  place('Milwaukee', 'WI', '532', 'US', '414'),
  place('Minneapolis', 'MN', '554', 'US', '612'),
  place('Indianapolis', 'IN', '462', 'US', '317'),
  place('Columbus', 'OH', '432', 'US', '614'),
  place('Dallas', 'TX', '752', 'US', '214'),
  place('Atlanta', 'GA', '303', 'US', '404'),
  place('Boston', 'MA', '021', 'US', '617'),
  place('Denver', 'CO', '802', 'US', '303'),
  place('Seattle', 'WA', '981', 'US', '206'),
] as const;
export const OTHER_PLACES = [
  place('Berlin', 'BE', '10115', 'DE', '030'),
  place('München', 'BY', '80331', 'DE', '089'),
  place('Lyon', 'ARA', '69002', 'FR', '04'),
  place('Paris', 'IDF', '75011', 'FR', '01'),
  place('Leeds', 'West Yorkshire', 'LS1 4AP', 'GB', '0113'),
  place('Cambridge', 'Cambridgeshire', 'CB2 1TN', 'GB', '01223'),
] as const;

export const STREETS = {
  US: [
    'Wacker Drive',
    'Lake Street',
    'Industrial Avenue',
    'Commerce Road',
    'Oak Boulevard',
    'Market Street',
    'Prairie Lane',
  ],
  DE: ['Hauptstraße', 'Industriestraße', 'Lindenallee', 'Bahnhofstraße'],
  FR: ['rue Victor Hugo', 'avenue de la République', 'rue des Lilas'],
  GB: ['Station Road', 'Mill Lane', 'Victoria Street'],
} as const;

export const LEGAL_FORMS = {
  US: ['Inc.', 'LLC', 'Corp.', 'Co.'],
  DE: ['GmbH', 'AG'],
  FR: ['SAS', 'SARL'],
  GB: ['Ltd', 'PLC'],
} as const;
/** The same forms as other people write them. */
export const OTHER_FORMS: Readonly<Record<string, string>> = {
  'Inc.': 'Incorporated',
  LLC: 'L.L.C.',
  'Corp.': 'Corporation',
  'Co.': 'Company',
  GmbH: 'G.m.b.H.',
  Ltd: 'Limited',
  PLC: 'plc',
};

export const GIVEN_NAMES = [
  'Ana',
  'Ben',
  'Chidi',
  'Dana',
  'Elif',
  'Farid',
  'Grace',
  'Hugo',
  'Ines',
  'Jonas',
  'Kim',
  'Lena',
] as const;
export const FAMILY_NAMES = [
  'Ortiz',
  'Novak',
  'Okafor',
  'Haas',
  'Demir',
  'Rossi',
  'Martin',
  'Weber',
  'Silva',
  'Kowalski',
] as const;

export type ItemKind = 'GOODS' | 'CONSUMABLE' | 'SERVICE' | 'DRUG' | 'DEVICE';
export interface Family {
  readonly name: string;
  /** As a stock clerk abbreviates it. */
  readonly short: string;
  readonly kind: ItemKind;
  readonly category: string;
  readonly unspsc: string;
  readonly hcpcs?: string;
  readonly variants: readonly [string, ...string[]];
  readonly perBox: number;
  /** List price of one, in cents, from and to. */
  readonly cents: readonly [number, number];
  readonly sterile?: true;
  readonly latex?: true;
  readonly hazardous?: true;
  readonly cold?: true;
  readonly tracking: 'NONE' | 'LOT' | 'SERIAL';
}
const SIZES = ['S', 'M', 'L', 'XL'] as const;
// biome-ignore format: a table
export const FAMILIES: readonly [Family, ...Family[]] = [
  { name: 'nitrile exam glove', short: 'GLV EXAM NITR', kind: 'CONSUMABLE', category: 'Medical / Gloves', unspsc: '42132203', hcpcs: 'A4927', variants: SIZES, perBox: 100, cents: [6, 14], tracking: 'LOT' },
  { name: 'latex surgical glove', short: 'GLV SURG LTX', kind: 'CONSUMABLE', category: 'Medical / Gloves', unspsc: '42132205', hcpcs: 'A4930', variants: ['6.5', '7', '7.5', '8'], perBox: 50, cents: [60, 140], sterile: true, latex: true, tracking: 'LOT' },
  { name: 'syringe', short: 'SYR', kind: 'CONSUMABLE', category: 'Medical / Injection', unspsc: '42142609', hcpcs: 'A4657', variants: ['3 ml', '5 ml', '10 ml', '20 ml'], perBox: 100, cents: [8, 45], sterile: true, tracking: 'LOT' },
  { name: 'hypodermic needle', short: 'NDL HYPO', kind: 'CONSUMABLE', category: 'Medical / Injection', unspsc: '42142523', hcpcs: 'A4215', variants: ['18G', '21G', '23G', '25G'], perBox: 100, cents: [5, 20], sterile: true, tracking: 'LOT' },
  { name: 'gauze sponge', short: 'SPNG GAUZE', kind: 'CONSUMABLE', category: 'Medical / Dressings', unspsc: '42311511', hcpcs: 'A6402', variants: ['2x2 in', '4x4 in', '4x8 in'], perBox: 50, cents: [10, 60], sterile: true, tracking: 'LOT' },
  { name: 'foam dressing', short: 'DRSG FOAM', kind: 'CONSUMABLE', category: 'Medical / Dressings', unspsc: '42311505', hcpcs: 'A6209', variants: ['10x10 cm', '15x15 cm', '20x20 cm'], perBox: 10, cents: [300, 1900], sterile: true, tracking: 'LOT' },
  { name: 'IV administration set', short: 'SET IV ADM', kind: 'DEVICE', category: 'Medical / Infusion', unspsc: '42221609', hcpcs: 'A4222', variants: ['gravity', 'pump', 'blood'], perBox: 50, cents: [180, 900], sterile: true, tracking: 'LOT' },
  { name: 'Foley catheter', short: 'CATH FOLEY', kind: 'DEVICE', category: 'Medical / Urology', unspsc: '42142702', hcpcs: 'A4338', variants: ['14 Fr', '16 Fr', '18 Fr'], perBox: 10, cents: [450, 1600], sterile: true, tracking: 'LOT' },
  { name: 'surgical drape', short: 'DRP SURG', kind: 'CONSUMABLE', category: 'Surgery / Drapes', unspsc: '42131607', variants: ['small', 'medium', 'large'], perBox: 20, cents: [150, 1100], sterile: true, tracking: 'LOT' },
  { name: 'absorbable suture', short: 'SUT ABS', kind: 'DEVICE', category: 'Surgery / Sutures', unspsc: '42312201', variants: ['2-0', '3-0', '4-0', '5-0'], perBox: 36, cents: [350, 1300], sterile: true, tracking: 'LOT' },
  { name: 'hip stem', short: 'IMPL HIP STEM', kind: 'DEVICE', category: 'Surgery / Implants', unspsc: '42321500', variants: ['size 1', 'size 2', 'size 3', 'size 4'], perBox: 1, cents: [90000, 240000], sterile: true, tracking: 'SERIAL' },
  { name: 'infusion pump', short: 'PUMP INF', kind: 'DEVICE', category: 'Equipment / Infusion', unspsc: '42222001', variants: ['single', 'dual'], perBox: 1, cents: [150000, 420000], tracking: 'SERIAL' },
  { name: 'patient monitor', short: 'MON PT', kind: 'DEVICE', category: 'Equipment / Monitoring', unspsc: '42181904', variants: ['10 in', '12 in', '15 in'], perBox: 1, cents: [180000, 650000], tracking: 'SERIAL' },
  { name: 'insulin glargine injection', short: 'INSULIN GLARG', kind: 'DRUG', category: 'Pharmacy / Endocrine', unspsc: '51181500', hcpcs: 'J1815', variants: ['100 U/ml 3 ml', '100 U/ml 10 ml', '300 U/ml 1.5 ml'], perBox: 5, cents: [2200, 9800], sterile: true, cold: true, tracking: 'LOT' },
  { name: 'ondansetron injection', short: 'ONDANSETRON INJ', kind: 'DRUG', category: 'Pharmacy / Antiemetic', unspsc: '51171800', hcpcs: 'J2405', variants: ['2 mg/ml 2 ml', '2 mg/ml 20 ml'], perBox: 25, cents: [90, 700], sterile: true, tracking: 'LOT' },
  { name: 'vancomycin injection', short: 'VANCOMYCIN INJ', kind: 'DRUG', category: 'Pharmacy / Antibiotic', unspsc: '51101500', hcpcs: 'J3370', variants: ['500 mg', '1 g', '5 g'], perBox: 10, cents: [500, 4100], sterile: true, tracking: 'LOT' },
  { name: 'surface disinfectant', short: 'DISINF SURF', kind: 'GOODS', category: 'Facility / Cleaning', unspsc: '47131803', variants: ['500 ml', '1 l', '5 l'], perBox: 12, cents: [350, 4200], hazardous: true, tracking: 'LOT' },
  { name: 'hand sanitiser', short: 'SANIT HAND', kind: 'GOODS', category: 'Facility / Hygiene', unspsc: '53131626', variants: ['100 ml', '500 ml', '1 l'], perBox: 24, cents: [150, 1200], hazardous: true, tracking: 'LOT' },
  { name: 'blood collection tube', short: 'TUBE BLD COLL', kind: 'CONSUMABLE', category: 'Laboratory / Collection', unspsc: '41104102', variants: ['EDTA 4 ml', 'serum 6 ml', 'citrate 2.7 ml'], perBox: 100, cents: [15, 60], sterile: true, tracking: 'LOT' },
  { name: 'rapid antigen test', short: 'TEST RAPID AG', kind: 'DEVICE', category: 'Laboratory / Tests', unspsc: '41116205', variants: ['influenza', 'strep A', 'RSV'], perBox: 25, cents: [300, 1500], tracking: 'LOT' },
  { name: 'oxygen mask', short: 'MASK O2', kind: 'CONSUMABLE', category: 'Medical / Respiratory', unspsc: '42271708', hcpcs: 'A4620', variants: ['adult', 'child', 'infant'], perBox: 50, cents: [90, 420], tracking: 'NONE' },
  { name: 'surgical mask', short: 'MASK SURG', kind: 'CONSUMABLE', category: 'Medical / Protection', unspsc: '42131606', variants: ['type II', 'type IIR'], perBox: 50, cents: [6, 30], tracking: 'NONE' },
  { name: 'wheelchair', short: 'WHLCHR', kind: 'DEVICE', category: 'Equipment / Mobility', unspsc: '42192210', hcpcs: 'K0001', variants: ['16 in', '18 in', '20 in'], perBox: 1, cents: [14000, 52000], tracking: 'SERIAL' },
  { name: 'equipment calibration', short: 'SVC CALIBR', kind: 'SERVICE', category: 'Services / Technical', unspsc: '81101706', variants: ['yearly', 'half-yearly'], perBox: 1, cents: [20000, 90000], tracking: 'NONE' },
];

export interface Unit {
  readonly code: string;
  readonly name: string;
  readonly kind: 'HOSPITAL' | 'CLINIC' | 'LABORATORY' | 'DISTRIBUTOR' | 'SHARED_SERVICE';
  readonly parent?: string;
  readonly street: string;
  readonly place: Place;
}
const at = (index: number): Place => US_PLACES[index] ?? US_PLACES[0];
/** Lakeshore Health, the organisation whose hub this is. */
// biome-ignore format: a table
export const UNITS: readonly Unit[] = [
  { code: 'LH', name: 'Lakeshore Health', kind: 'SHARED_SERVICE', street: '200 Lake Street', place: at(0) },
  { code: 'LH-CHI', name: 'Lakeshore Memorial Hospital', kind: 'HOSPITAL', parent: 'LH', street: '1400 Prairie Lane', place: at(0) },
  { code: 'LH-MKE', name: 'Lakeshore Milwaukee Hospital', kind: 'HOSPITAL', parent: 'LH', street: '75 Market Street', place: at(1) },
  { code: 'LH-MSP', name: 'Twin Rivers Medical Center', kind: 'HOSPITAL', parent: 'LH', street: '900 Oak Boulevard', place: at(2) },
  { code: 'LH-IND', name: "Saint Clare's Hospital", kind: 'HOSPITAL', parent: 'LH', street: '31 Commerce Road', place: at(3) },
  { code: 'LH-COL', name: 'Lakeshore Columbus Clinic', kind: 'CLINIC', parent: 'LH', street: '18 Market Street', place: at(4) },
  { code: 'LH-OAK', name: 'Oak Park Clinic', kind: 'CLINIC', parent: 'LH-CHI', street: '640 Oak Boulevard', place: at(0) },
  { code: 'LH-WAU', name: 'Wauwatosa Clinic', kind: 'CLINIC', parent: 'LH-MKE', street: '12 Prairie Lane', place: at(1) },
  { code: 'LH-LAB', name: 'Lakeshore Reference Laboratory', kind: 'LABORATORY', parent: 'LH', street: '5 Industrial Avenue', place: at(0) },
  { code: 'LH-PATH', name: 'Twin Rivers Pathology', kind: 'LABORATORY', parent: 'LH-MSP', street: '902 Oak Boulevard', place: at(2) },
  { code: 'LH-DC', name: 'Lakeshore Distribution', kind: 'DISTRIBUTOR', parent: 'LH', street: '4800 Industrial Avenue', place: at(3) },
  { code: 'LH-SSC', name: 'Lakeshore Purchasing Services', kind: 'SHARED_SERVICE', parent: 'LH', street: '200 Lake Street', place: at(0) },
];

export interface Terms {
  readonly code: string;
  readonly netDays: number;
  readonly discount?: { readonly days: number; readonly percent: string };
}
export const PAYMENT_TERMS: readonly [Terms, ...Terms[]] = [
  { code: 'NET30', netDays: 30 },
  { code: 'NET45', netDays: 45 },
  { code: 'NET60', netDays: 60 },
  { code: '2/10NET30', netDays: 30, discount: { days: 10, percent: '2' } },
];
