/** An exception as Odoo names it; the HTTP status is that of JSON-2. */
export class Refusal extends Error {
  constructor(
    readonly exception: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const validation = (message: string) => new Refusal('odoo.exceptions.ValidationError', 422, message);
export const userError = (message: string) => new Refusal('odoo.exceptions.UserError', 422, message);
export const missing = (model: string, id: number, user: number) =>
  new Refusal(
    'odoo.exceptions.MissingError',
    404,
    `Record does not exist or has been deleted.\n(Record: ${model}(${id},), User: ${user})`,
  );
export const noAccess = (message: string) => new Refusal('odoo.exceptions.AccessError', 403, message);
export const badValue = (message: string) => new Refusal('builtins.ValueError', 500, message);
export const accessDenied = (message: string) => new Refusal('odoo.exceptions.AccessDenied', 401, message);
