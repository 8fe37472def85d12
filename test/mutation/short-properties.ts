/** Run before each test file under mutation: a property is tried for so long only, as every mutant is tried against it. */
import fc from 'fast-check';

const PROPERTY_MS = 200;

fc.configureGlobal({ interruptAfterTimeLimit: PROPERTY_MS });
