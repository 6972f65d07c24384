import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparableOrganisationName, splitLegalForm } from '../../../golden-records/normalise/index.js';
import { LEGAL_FORMS, PUNCTUATED_ONLY } from '../../../golden-records/normalise/legal-forms.js';

describe('splitLegalForm', () => {
  test.each([
    ['Medtronic, Inc.', 'Medtronic', 'INC'],
    ['McKesson Corporation', 'McKesson', 'CORP'],
    ['Stripe Limited Liability Company', 'Stripe', 'LLC'],
    ['Cardinal Health 110, LLC', 'Cardinal Health 110', 'LLC'],
    ['Bowne Solutions, L.L.C.', 'Bowne Solutions', 'LLC'],
    ['Acme L L C', 'Acme', 'LLC'],
    ['Apollo Fund IX L.P.', 'Apollo Fund IX', 'LP'],
    ['PricewaterhouseCoopers LLP', 'PricewaterhouseCoopers', 'LLP'],
    ['Lloyds Banking Group Public Limited Company', 'Lloyds Banking Group', 'PLC'],
    ['HSBC Holdings p.l.c.', 'HSBC Holdings', 'PLC'],
    ['SAMSUNG ELECTRONICS CO., LTD.', 'SAMSUNG ELECTRONICS', 'CO_LTD'],
    ['J.P. Morgan & Co.', 'J.P. Morgan', 'CO'],
    ['Blinq Holdings Pty Ltd', 'Blinq Holdings', 'PTY_LTD'],
    ['Trafigura Group Pte. Ltd.', 'Trafigura Group', 'PTE_LTD'],
    ['Top Glove Sdn. Bhd.', 'Top Glove', 'SDN_BHD'],
    ['Müller GmbH & Co. KG', 'Müller', 'GMBH_CO_KG'],
    ['Müller GmbH und Co KG', 'Müller', 'GMBH_CO_KG'],
    ['Volkswagen Gesellschaft mit beschränkter Haftung', 'Volkswagen', 'GMBH'],
    ['Siemens Aktiengesellschaft', 'Siemens', 'AG'],
    ['TotalEnergies SE', 'TotalEnergies', 'SE'],
    ['Crédit Agricole S.A.', 'Crédit Agricole', 'SA'],
    ['Test S.à r.l.', 'Test', 'SARL'],
    ['Fresenius Medical Care S.p.A.', 'Fresenius Medical Care', 'SPA'],
    ['Bowne Global Solutions (Spain), S.L.', 'Bowne Global Solutions (Spain)', 'SL'],
    ['Bowne de Mexico S.A. de C.V.', 'Bowne de Mexico', 'SA_DE_CV'],
    ['Koninklijke Philips N.V.', 'Koninklijke Philips', 'NV'],
    ['Novo Nordisk A/S', 'Novo Nordisk', 'AS'],
    ['Coloplast Danmark ApS', 'Coloplast Danmark', 'APS'],
    ['Orion Oyj', 'Orion', 'OYJ'],
    ['AB Volvo', 'Volvo', 'AB'],
    ['FABERLIC EUROPE Sp. z o.o.', 'FABERLIC EUROPE', 'SP_ZOO'],
    ['Linet spol. s r.o.', 'Linet', 'SRO'],
    ['Gulf Medical FZ-LLC', 'Gulf Medical', 'FZ_LLC'],
    ['Gulf Medical FZCO', 'Gulf Medical', 'FZCO'],
    ['Al Rajhi W.L.L.', 'Al Rajhi', 'WLL'],
    ['P.T. Astra International', 'Astra International', 'PT'],
    ['OAO Gazprom', 'Gazprom', 'OJSC'],
    ['Open Joint Stock Company Gazprom', 'Gazprom', 'OJSC'],
    ['Oboronnye Initsiativy o.O.O.', 'Oboronnye Initsiativy', 'OOO'],
    ['СБ Банк (ООО)', 'СБ Банк', 'OOO'],
    ['トヨタ自動車株式会社', 'トヨタ自動車', 'KK'],
    ['株式会社 東芝', '東芝', 'KK'],
    ['华为技术有限公司', '华为技术', 'CO_LTD'],
    ['(주) 삼성전자', '삼성전자', 'CO_LTD'],
    ['טבע בע"מ', 'טבע', 'LTD'],
    ['Foo I/S', 'Foo', 'IS'],
  ])('%s', (name, stem, code) => {
    expect(splitLegalForm(name)).toEqual({ stem, legalForm: { code, label: expect.any(String) } });
  });

  test.each([
    'Johnson & Johnson',
    'Mayo Clinic',
    'Costa',
    'Nasa',
    'Master Data IS',
    'Blue Cross of KS',
    'Ltd',
    'AG',
    'St. Mary’s Hospital',
    '',
  ])('leaves "%s" alone', (name) => expect(splitLegalForm(name)).toEqual({ stem: name }));

  test('one spelling stands for one form', () => {
    const seen = new Map<string, string>();
    for (const { code, spellings } of LEGAL_FORMS) {
      for (const spelling of spellings) {
        const written = PUNCTUATED_ONLY.has(spelling) ? `${spelling}.` : spelling;
        const found = splitLegalForm(`Zzyzx ${written}`).legalForm?.code;
        expect({ spelling, code: found }).toEqual({ spelling, code });
        seen.set(spelling, code);
      }
    }
    expect(seen.size).toBeGreaterThan(250);
  });
});

describe('comparableOrganisationName', () => {
  test.each([
    ['The Coca-Cola Company', 'Coca Cola'],
    ['Procter & Gamble Co.', 'PROCTER AND GAMBLE'],
    ['A.B.C. Company', 'ABC Co.'],
    ['J P Morgan and Co', 'J.P. Morgan & Co.'],
    ['Deutsche Bank AG', 'Deutsche Bank Aktiengesellschaft'],
    ['JSC TACTICAL MISSILES CORP.', 'TACTICAL MISSILES CORPORATION JOINT STOCK COMPANY'],
    ['ОАО Газпром', 'OAO Gazprom'],
    ['ООО "АЯС 2000"', 'ООО АЯС 2000'],
    ['Ohio State University, The', 'The Ohio State University'],
    ['JPMorgan Chase Bank, N.A.', 'JPMorgan Chase Bank NA'],
    ['Société Générale S.A.', 'Societe Generale'],
    ["McDonald's Corp", 'McDonalds Corporation'],
    ['Kleenex® Brand™ Inc.', 'Kleenex Brand'],
    ['Acme Co Inc', 'Acme, Incorporated'],
  ])('%s = %s', (left, right) => expect(comparableOrganisationName(left)).toBe(comparableOrganisationName(right)));

  test.each([
    ['Bank of America Corporation', 'Bank of Armenia Corporation'],
    ['Bank of China (Hong Kong) Limited', 'Bank of China (Singapore) Limited'],
    ['Bowne Global Solutions, Inc.', 'Bowne Global Solutions II, Inc.'],
    ['A.B.C. Company', 'C.B.A. Company'],
    ['Deutsche Bank', 'Deutsche Bank Trust Company'],
  ])('%s ≠ %s', (left, right) => expect(comparableOrganisationName(left)).not.toBe(comparableOrganisationName(right)));

  test.each([
    ['The Medtronic Group, Inc.', 'medtronic group'],
    ['Ltd', 'ltd'],
    ['The', 'the'],
    ['&', 'and'],
    ['—', ''],
    ['', ''],
  ])('%s → "%s"', (name, expected) => expect(comparableOrganisationName(name)).toBe(expected));

  test('answers lower-case ASCII words for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(comparableOrganisationName(name)).toMatch(/^(?:[a-z0-9]+(?: [a-z0-9]+)*)?$/);
      }),
    );
  });
});
