import { swc } from './scripts/swc.mjs';

const level = (name) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', '^@concord-mdm/hub$': '<rootDir>/src/index.ts' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/console/dist/'],
});

const withPostgres = {
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

export default {
  // Only against what never ends: on a busy machine everything takes a multiple.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/scripts/test-sequencer.mjs',
  projects: [
    level('unit'),
    { ...level('integration'), ...withPostgres },
    { ...level('odoo'), ...withPostgres, setupFilesAfterEnv: ['<rootDir>/test/support/odoo/once-more.mjs'] },
    { ...level('e2e'), ...withPostgres },
    level('system'),
  ],
};
