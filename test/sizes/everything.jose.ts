// The same of jose, for comparison.
export * from 'jose'
