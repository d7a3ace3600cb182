export const name = 'layer';
