/** We have too much to do just now; answered 503, and worth another try. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';

  constructor() {
    super('this daemon has too much to do');
  }
}
