import { type DemoFile, instantOf, jsonLinesFile } from '../file.js';
import type { Random } from '../random.js';
import { phoneSpelling } from '../spelling.js';
import { type Company, MERIDIAN, type World } from '../world.js';

/**
 * The supplier portal: what suppliers say about themselves, as JSON Lines. One account per supplier; freshest contacts
 * and bank accounts; whoever has only just signed up has left nothing but a name.
 */
export function portalFiles({ suppliers }: World, random: Random): DemoFile[] {
  const members = suppliers.filter(({ no }) => no % 2 === 0 || no % 40 === 7);
  const file = (name: string, day: number) => ({
    name,
    system: 'portal',
    entityType: 'supplier',
    writtenAt: instantOf(day),
  });
  return [
    jsonLinesFile(
      file('portal-suppliers.jsonl', 140),
      members.map((company) => account(random.fork(`account/${company.no}`), company)),
    ),
    jsonLinesFile(file('portal-suppliers-2.jsonl', 180), [
      ...members
        .filter(({ no }) => no % 10 === 2)
        .map((company) => ({ ...account(random.fork(`account/${company.no}`), company), ...news(random, company) })),
      ...members
        .filter(({ no }) => no % 100 === 50)
        .map((company) => ({ ...account(random, company), closed: true, changedAt: instantOf(178) })),
    ]),
  ];
}

const accountId = ({ no }: Company) => 5501 + no;

function account(random: Random, company: Company) {
  const base = {
    supplierId: accountId(company),
    company: {
      name: company.no === MERIDIAN ? `${company.name}, ${company.legalForm}` : `${company.name} ${company.legalForm}`,
    },
    changedAt: instantOf(random.integer(60, 135), 15),
  };
  if (company.no % 40 === 7) return base;
  const { place } = company.address;
  return {
    ...base,
    company: {
      ...base.company,
      registeredName: `${company.name} ${company.legalForm}`,
      lei: leiOf(random, company),
      npi: company.npi,
    },
    // One in fifty typed somebody else's number: the clash is for a person to settle.
    taxNumber: {
      type: place.country === 'US' ? 'EIN' : 'VAT',
      value: company.no % 50 === 16 ? mistyped(company.taxNumber) : company.taxNumber,
    },
    headOffice: {
      street: company.address.street,
      suite: company.address.extra ?? null,
      city: place.city,
      region: place.region,
      postcode: company.address.postcode,
      country: place.country,
    },
    phone: phoneSpelling(random, company),
    email: `hello@${company.domain}`,
    site: `https://${company.domain}`,
    contacts: [{ ...company.contact, phone: random.chance(0.5) ? phoneSpelling(random, company) : null }],
    bank: [
      {
        holder: `${company.name} ${company.legalForm}`,
        ...company.bank,
        country: place.country,
        currency: company.currency,
      },
    ],
  };
}

const leiOf = (random: Random, company: Company) =>
  random.chance(0.6) || company.no === MERIDIAN || company.no % 50 === 16 ? company.lei : null;

/** Another German number has other check digits; an American one is as right as any. */
const mistyped = (number: string) =>
  /^\d{2}-/.test(number) ? `${number.slice(0, -2)}${number.at(-1)}${number.at(-2)}` : number;

const news = (random: Random, company: Company) => ({
  contacts: [
    {
      name: random.fork(`news/${company.no}`).pick(['Mara Voss', 'Tom Idris', 'Noor Bakker']),
      role: 'Accounts receivable',
      email: `ar@${company.domain}`,
      phone: null,
    },
  ],
  changedAt: instantOf(175),
});
