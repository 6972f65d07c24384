export * from './deliver.js';
export * from './synchronised.js';
