/** The header of a .npy file of float32, version 1.0: of one length, whatever it says. */

/** A multiple of 64, as NumPy has it; the largest count takes 16 digits. */
export const npyHeaderLength = 128

/** Of a flat array of so many float32, little-endian. */
export function npyHeader(count: number): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count},), }`
  const header = Buffer.alloc(npyHeaderLength, ' ')
  header.write('\x93NUMPY\x01\x00', 0, 'latin1')
  header.writeUInt16LE(npyHeaderLength - 10, 8)
  header.write(text, 10, 'latin1')
  header.write('\n', npyHeaderLength - 1, 'latin1')
  return header
}
