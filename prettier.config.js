export default {
  printWidth: 110,
  singleQuote: true,
  semi: true,
  bracketSpacing: true,
  trailingComma: 'all',
  proseWrap: 'preserve',
};
