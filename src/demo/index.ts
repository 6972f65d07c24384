export { type DemoOptions, demoFiles, demoWorld, generateDemo, type WrittenFile } from './generate.js';
