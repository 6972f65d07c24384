export { type DemoOptions, demoFiles, generateDemo, type WrittenFile } from './generate.js';
