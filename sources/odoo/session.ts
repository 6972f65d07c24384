import type { JsonObject } from '../../golden-records/index.js';
import { type CallContext, type OdooClient, OdooError } from './client.js';
import { type CodeLists, readCodeLists, UnknownCode } from './code-lists.js';
import { type Fields, fieldFacts, fieldsIn, NO_FIELDS } from './versions.js';

export interface SessionOptions {
  readonly client: OdooClient;
  readonly language: string;
  /** Names or ids of companies; undefined: all that the key sees. */
  readonly companies: readonly (string | number)[] | undefined;
}

/** What the connector knows of one server: fields by model, code lists, companies. Read when first needed. */
export class Session {
  readonly client: OdooClient;
  private readonly language: string;
  private readonly fields = new Map<string, { readonly at: number; readonly value: Promise<Fields> }>();
  private lists: { readonly at: number; readonly value: Promise<CodeLists> } | undefined;

  constructor(private readonly options: SessionOptions) {
    this.client = options.client;
    this.language = options.language;
  }

  /** Language and companies for every call; `first` is the one whose own values are meant. */
  async context(first?: number): Promise<CallContext> {
    const ids = await this.companyIds();
    const companies = first === undefined ? ids : [first, ...ids.filter((id) => id !== first)];
    return { lang: this.language, companies };
  }

  /**
   * The companies that the hub looks after. Throws where one that the configuration names isn't there: without it calls would
   * be about another one, and none at all means that of the user's own screen.
   */
  async companyIds(): Promise<readonly number[]> {
    const { included, missing, there } = await this.companies();
    if (missing.length === 0) return included;
    // As soon as it is mended, in Odoo too.
    this.forgetLists();
    const found = there.map(({ id, name }) => `"${name}" (${id})`).join(', ') || 'none that the key may read';
    const said = `the configuration names ${missing.map((one) => JSON.stringify(one)).join(', ')}; the companies there are ${found}`;
    throw new OdooError('companies', { kind: 'TARGET_DOWN', code: 'ODOO_NO_COMPANY', said });
  }

  /** Which of the companies there are meant, and who of the named ones isn't there. */
  async companies() {
    const { companies: there } = await this.codeLists();
    const wanted = this.options.companies ?? there.map(({ id }) => id);
    const included = there.filter(({ id, name }) => wanted.includes(id) || wanted.includes(name));
    const missing = wanted.filter((one) => !included.some(({ id, name }) => id === one || name === one));
    return { there, included: included.map(({ id }) => id), missing };
  }

  /** Partners that stand for our own companies. */
  async ownPartners(): Promise<number[]> {
    const { companies } = await this.codeLists();
    return companies.map(({ partner }) => partner).filter((id) => id !== null);
  }

  /** The model's fields; none where the model isn't there. */
  fieldsOf(model: string): Promise<Fields> {
    const known = this.fields.get(model);
    if (known && performance.now() - known.at < KEPT_MS) return known.value;
    const asked = this.presentFields(model, fieldFacts(model))
      .then(fieldsIn)
      .catch((error: unknown) => {
        this.fields.delete(model);
        throw error;
      });
    this.fields.set(model, { at: performance.now(), value: asked });
    return asked;
  }

  /** None where the key may not read the model, as if it weren't there. */
  async readableFieldsOf(model: string): Promise<Fields> {
    const fields = await this.fieldsOf(model);
    const isReadable = fields.size > 0 && (await this.client.mayAccess(model, 'read', { lang: this.language }));
    return isReadable ? fields : NO_FIELDS;
  }

  /** The same as the server tells it now. */
  async presentFields(model: string, facts: readonly string[]): Promise<Record<string, JsonObject>> {
    try {
      return await this.client.fieldsGet(model, facts, { lang: this.language });
    } catch (error) {
      if (error instanceof OdooError && error.failure.code === 'ODOO_NO_MODEL') return {};
      throw error;
    }
  }

  /** Of these fields those that the server has. */
  async known(model: string, fields: readonly string[]): Promise<string[]> {
    const present = await this.fieldsOf(model);
    return fields.filter((name) => present.has(name));
  }

  codeLists(): Promise<CodeLists> {
    if (this.lists && performance.now() - this.lists.at < KEPT_MS) return this.lists.value;
    const value = this.readLists();
    this.lists = { at: performance.now(), value };
    value.catch(() => {
      this.lists = undefined;
    });
    return value;
  }

  /** Do `work` with the lists; when they are older than what it asks for, once more with new ones. */
  async withLists<T>(work: (lists: CodeLists) => T): Promise<T> {
    try {
      return work(await this.codeLists());
    } catch (error) {
      if (!(error instanceof UnknownCode)) throw error;
      this.lists = undefined;
      return work(await this.codeLists());
    }
  }

  /** After the server was away it may be another one. */
  forget(): void {
    this.fields.clear();
    this.forgetLists();
  }

  /** The lists are read again when they are next asked for. */
  forgetLists(): void {
    this.lists = undefined;
  }

  private async readLists(): Promise<CodeLists> {
    const models = [
      'res.country',
      'res.country.state',
      'res.currency',
      'uom.uom',
      'product.category',
      'res.company',
      'account.payment.term',
      'account.payment.term.line',
    ];
    const readable = new Map<string, Fields>();
    // What the key may not read, `concord odoo check` names.
    for (const model of models) readable.set(model, await this.readableFieldsOf(model));
    return readCodeLists(this.client, { lang: this.language }, (model) => readable.get(model) ?? NO_FIELDS);
  }
}

/** A module may be installed, a term be added, while the hub runs. */
const KEPT_MS = 5 * 60_000;
