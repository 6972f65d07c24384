/** A legal form as matching tells them apart: one code for the spellings and languages of one form. */
export interface LegalForm {
  readonly code: string;
  readonly label: string;
}

/** Where a spelling may stand in a name. */
type Position = 'end' | 'both';

interface LegalFormEntry extends LegalForm {
  readonly spellings: readonly string[];
  readonly position: Position;
}

const form = (code: string, label: string, ...spellings: string[]): LegalFormEntry => ({
  code,
  label,
  spellings: [label, ...spellings],
  position: 'end',
});
const formAtBothEnds = (code: string, label: string, ...spellings: string[]): LegalFormEntry => ({
  ...form(code, label, ...spellings),
  position: 'both',
});

/**
 * Common legal forms after the ISO 20275 list, grouped across jurisdictions: the list has one code for the GmbH of each
 * country, whereas a name says only "GmbH". Dots, blanks, case and accents of a spelling don't matter; "&" stands for
 * "and" and "und" too. Left out are forms that read as ordinary words or places at the end of a name (NA, PA, SC, CC).
 */
export const LEGAL_FORMS: readonly LegalFormEntry[] = [
  // English
  form('INC', 'Inc.', 'Incorporated', 'Incorp'),
  form('CORP', 'Corp.', 'Corporation'),
  form('CO', 'Company', 'Co', 'Cie', 'Compagnie', '& Co', '& Company', '& Cie', 'et Cie'),
  form('CO_LTD', 'Co., Ltd.', 'Co Limited', 'Company Ltd', 'Company Limited', 'Ltd Co'),
  form('CO_INC', 'Co., Inc.', 'Company Inc', 'Company Incorporated', 'Co Incorporated'),
  form('LTD', 'Ltd.', 'Limited', 'Ltd', 'Teo', 'Teoranta', 'Cyf', 'Cyfyngedig'),
  form('PLC', 'PLC', 'Public Limited Company', 'CCC', 'Cwmni Cyfyngedig Cyhoeddus'),
  formAtBothEnds('LLC', 'LLC', 'Limited Liability Company', 'Limited Liability Co', 'LC', 'Ltd Liability Company'),
  form('LLP', 'LLP', 'Limited Liability Partnership'),
  form('LLLP', 'LLLP', 'Limited Liability Limited Partnership'),
  form('LP', 'LP', 'Limited Partnership'),
  form('PLLC', 'PLLC', 'Professional Limited Liability Company'),
  form('PC', 'PC', 'Professional Corporation', 'Prof Corp'),
  form('ULC', 'ULC', 'Unlimited Liability Company', 'Unlimited Company'),
  form('DAC', 'DAC', 'Designated Activity Company'),
  form('CLG', 'CLG', 'Company Limited by Guarantee'),
  form('CIC', 'CIC', 'Community Interest Company'),
  form('PTY_LTD', 'Pty Ltd', 'Pty Limited', 'Pty', 'Proprietary Limited', 'Proprietary Ltd'),
  form('PTE_LTD', 'Pte Ltd', 'Pte Limited', 'Pte', 'Private Limited', 'Private Ltd', 'Pvt Ltd', 'Pvt Limited', 'P Ltd'),
  form('PCL', 'PCL', 'Public Company Limited', 'Public Co Ltd'),
  // German
  form('GMBH', 'GmbH', 'Gesellschaft mit beschränkter Haftung', 'Gesellschaft mbH', 'GesmbH', 'mbH', 'gGmbH'),
  form('GMBH_CO_KG', 'GmbH & Co. KG', 'GmbH Co KG', 'GesmbH & Co KG', 'mbH & Co KG', 'GmbH & Cie KG'),
  form('GMBH_CO_OHG', 'GmbH & Co. OHG', 'GmbH & Co. oHG'),
  form('AG_CO_KG', 'AG & Co. KG', 'AG Co KG', 'SE & Co. KG', 'UG & Co KG', 'UG (haftungsbeschränkt) & Co. KG'),
  form('KGAA', 'KGaA', 'AG & Co. KGaA', 'SE & Co. KGaA', 'GmbH & Co. KGaA', 'Kommanditgesellschaft auf Aktien'),
  form('CO_KG', 'Co. KG', '& Co KG', 'Cie KG', '& Cie KG'),
  form('AG', 'AG', 'Aktiengesellschaft'),
  form(
    'UG',
    'UG',
    'UG (haftungsbeschränkt)',
    'Unternehmergesellschaft',
    'Unternehmergesellschaft (haftungsbeschränkt)',
  ),
  form('KG', 'KG', 'Kommanditgesellschaft'),
  form('OHG', 'OHG', 'Offene Handelsgesellschaft'),
  form('GBR', 'GbR', 'Gesellschaft bürgerlichen Rechts'),
  form('EK', 'e.K.', 'e.Kfm.', 'e.Kfr.', 'eingetragener Kaufmann', 'eingetragene Kauffrau'),
  form('EV', 'e.V.', 'eingetragener Verein'),
  form('EG', 'eG', 'eingetragene Genossenschaft'),
  form('SE', 'SE', 'Societas Europaea'),
  // French, also Belgium, Luxembourg, Switzerland, Lebanon
  form('SA', 'S.A.', 'Société Anonyme', 'Sociedad Anónima', 'Sociedade Anónima', 'Sociedade Anônima', 'Spółka Akcyjna'),
  form(
    'SAS',
    'S.A.S.',
    'SASU',
    'Société par Actions Simplifiée',
    'Sociedad por Acciones Simplificada',
    'Società in Accomandita Semplice',
  ),
  form('SARL', 'SARL', 'S.à r.l.', 'SARLU', 'SUARL', 'EURL', 'Société à Responsabilité Limitée', 'Sagl'),
  form('SNC', 'S.N.C.', 'Société en Nom Collectif', 'Società in Nome Collettivo'),
  form('SCA', 'S.C.A.', 'Société en Commandite par Actions'),
  form('SCI', 'S.C.I.', 'Société Civile Immobilière'),
  form('SELARL', 'SELARL', 'SELAS'),
  form('GIE', 'G.I.E.', 'Groupement d’Intérêt Économique', "Groupement d'Intérêt Économique"),
  form('ASBL', 'ASBL', 'VZW', 'Association sans but lucratif'),
  form('SAL', 'S.A.L.'),
  // Dutch and Belgian
  form('BV', 'B.V.', 'Besloten Vennootschap', 'BVBA', 'SPRL'),
  form('NV', 'N.V.', 'Naamloze Vennootschap'),
  form('VOF', 'V.O.F.', 'Vennootschap onder Firma'),
  form('CV', 'C.V.', 'Commanditaire Vennootschap', 'CVBA', 'SCRL'),
  // Italian, Spanish, Portuguese, Latin American
  form('SPA', 'S.p.A.', 'Società per Azioni', 'Sociedad por Acciones'),
  formAtBothEnds(
    'SRL',
    'S.r.l.',
    'S.r.l.s.',
    'Società a Responsabilità Limitata',
    'Sociedad de Responsabilidad Limitada',
    'S de RL',
    'S de RL de CV',
    'Societatea cu Răspundere Limitată',
    'Societate cu Răspundere Limitată',
  ),
  form(
    'SCARL',
    'S.c.a.r.l.',
    'Scarl',
    'Società Consortile a Responsabilità Limitata',
    'Soc. Coop.',
    'S. Coop.',
    'Società Cooperativa',
    'Sociedad Cooperativa',
  ),
  form('SL', 'S.L.', 'SLU', 'SLL', 'SLNE', 'Sociedad Limitada', 'Sociedad Limitada Unipersonal'),
  form('SAU', 'S.A.U.', 'Sociedad Anónima Unipersonal'),
  form('SA_DE_CV', 'S.A. de C.V.', 'SAB de CV', 'SAPI de CV', 'Sociedad Anónima de Capital Variable'),
  form('SAC', 'S.A.C.', 'SAA', 'Sociedad Anónima Cerrada'),
  form('LTDA', 'Ltda.', 'Lda.', 'Limitada', 'Cía. Ltda.', 'Compañía Limitada', 'Sociedade Limitada'),
  form('EIRL', 'E.I.R.L.', 'EIRELI'),
  // Nordic and Baltic
  formAtBothEnds('AB', 'AB', 'Aktiebolag', 'Aktiebolaget', 'AB (publ)', 'Publikt Aktiebolag'),
  form('HB', 'HB', 'Handelsbolag'),
  form(
    'AS',
    'A/S',
    'AS',
    'a.s.',
    'Aksjeselskap',
    'Aktieselskab',
    'Aktsiaselts',
    'Anonim Şirketi',
    'Akciová společnost',
    'Akciová spoločnosť',
  ),
  form('ASA', 'ASA', 'Allmennaksjeselskap'),
  form('APS', 'ApS', 'Anpartsselskab'),
  form('IS', 'I/S', 'Interessentskab'),
  form('KS', 'K/S', 'k.s.', 'Kommanditselskab'),
  formAtBothEnds('OY', 'Oy', 'Oy Ab', 'Osakeyhtiö'),
  form('OYJ', 'Oyj', 'Oyj Abp', 'Abp', 'Julkinen Osakeyhtiö'),
  form('EHF', 'ehf', 'Einkahlutafélag'),
  form('HF', 'hf', 'Hlutafélag'),
  formAtBothEnds('OU', 'OÜ', 'Osaühing'),
  formAtBothEnds('UAB', 'UAB', 'Uždaroji akcinė bendrovė'),
  formAtBothEnds('SIA', 'SIA', 'Sabiedrība ar ierobežotu atbildību'),
  // Central and eastern Europe, Turkey, Central Asia
  form('SP_ZOO', 'Sp. z o.o.', 'Spółka z o.o.', 'Spółka z ograniczoną odpowiedzialnością'),
  form('SP_K', 'Sp. k.', 'Spółka Komandytowa', 'Sp. z o.o. Sp. k.'),
  form('SP_J', 'Sp. j.', 'Spółka Jawna'),
  form('SRO', 's.r.o.', 'spol. s r.o.', 'společnost s ručením omezeným', 'spoločnosť s ručením obmedzeným'),
  form('DOO', 'd.o.o.', 'j.d.o.o.', 'društvo s ograničenom odgovornošću'),
  form('DD', 'd.d.', 'dioničko društvo', 'delniška družba'),
  form('KFT', 'Kft.', 'Korlátolt Felelősségű Társaság'),
  form('ZRT', 'Zrt.', 'Zártkörűen Működő Részvénytársaság'),
  form('NYRT', 'Nyrt.', 'Nyilvánosan Működő Részvénytársaság'),
  form('EOOD', 'EOOD', 'ЕООД'),
  form('OOD', 'OOD', 'ООД'),
  form('EAD', 'EAD', 'ЕАД'),
  form('LTD_STI', 'Ltd. Şti.', 'Limited Şirketi', 'Limited Sirketi'),
  formAtBothEnds('OOO', 'OOO', 'ООО', 'Общество с ограниченной ответственностью', 'ТОВ', 'TOV', 'ТОО', 'TOO'),
  formAtBothEnds('JSC', 'JSC', 'AO', 'АО', 'Joint Stock Company', 'Joint-Stock Co', 'Акционерное общество'),
  formAtBothEnds('OJSC', 'OJSC', 'OAO', 'ОАО', 'Open Joint Stock Company', 'Открытое акционерное общество'),
  formAtBothEnds('PJSC', 'PJSC', 'PAO', 'ПАО', 'Public Joint Stock Company', 'Публичное акционерное общество'),
  formAtBothEnds('CJSC', 'CJSC', 'ZAO', 'ЗАО', 'Closed Joint Stock Company', 'Закрытое акционерное общество'),
  // Asia and the Gulf
  form('SDN_BHD', 'Sdn. Bhd.', 'Sendirian Berhad'),
  form('BHD', 'Bhd.', 'Berhad'),
  formAtBothEnds('PT', 'PT', 'PT Tbk', 'Tbk', 'Perseroan Terbatas'),
  formAtBothEnds('KK', 'K.K.', 'Kabushiki Kaisha', 'Kabushiki Gaisha', 'Kabushikigaisha'),
  formAtBothEnds('YK', 'Y.K.', 'Yugen Kaisha', 'Yugen Gaisha'),
  formAtBothEnds('GK', 'G.K.', 'Godo Kaisha', 'Godo Gaisha'),
  form('FZE', 'FZE', 'Free Zone Establishment'),
  form('FZCO', 'FZCO', 'FZ Co', 'FZC', 'Free Zone Company'),
  form('FZ_LLC', 'FZ-LLC', 'FZLLC', 'Free Zone LLC'),
  form('DMCC', 'DMCC'),
  form('WLL', 'W.L.L.', 'With Limited Liability'),
  form('BSC', 'B.S.C.', 'BSC (c)', 'Bahrain Shareholding Company'),
  form('SAOG', 'SAOG', 'SAOC'),
  form('QPSC', 'Q.P.S.C.', 'Q.S.C.'),
  form('KSC', 'K.S.C.', 'K.S.C.C.', 'K.S.C.P.'),
  form('SAE', 'S.A.E.'),
];

/** Forms that count only where written with a dot or a slash ("I/S", "k.s."): bare they are words, or Kansas. */
export const PUNCTUATED_ONLY: ReadonlySet<string> = new Set(['is', 'ks', 'hf', 'ek', 'dd']);

/** Forms written in scripts without blanks or whose Latin transliteration would read as something else. */
export const NATIVE_LEGAL_FORMS: readonly (LegalForm & { readonly pattern: string })[] = [
  { code: 'KK', label: 'K.K.', pattern: '株式会社|[(（]株[)）]|㈱' },
  { code: 'YK', label: 'Y.K.', pattern: '有限会社|[(（]有[)）]|㈲' },
  { code: 'GK', label: 'G.K.', pattern: '合同会社' },
  {
    code: 'CO_LTD',
    label: 'Co., Ltd.',
    pattern: '股份有限公司|有限责任公司|有限責任公司|有限公司|주식회사|[(（]주[)）]|㈜|유한회사',
  },
  { code: 'LTD', label: 'Ltd.', pattern: 'בע["״\u05f4]?מ' },
  { code: 'LLC', label: 'LLC', pattern: 'ذ\\.?\\s?م\\.?\\s?م\\.?|ش\\.?\\s?ذ\\.?\\s?م\\.?\\s?م\\.?' },
];
