import { expect, test } from 'vitest'
import type { BacktestRow } from '@/api/shapes'
import { bestValues, type ComparedModel, compareModels, isBest } from './comparison'

const row = (model: string, metric: string, value: number | null): BacktestRow => ({
  model,
  metric,
  value,
  population: 'all',
  customers: 100,
  low: null,
  high: null,
})

const model = (name: string, values: ComparedModel['values'], isBaseline = false) => ({ name, isBaseline, values })

test('a baseline with the highest value is the best, not the best model below it', () => {
  const best = bestValues([
    model('LightGBM', { accuracy: 0.807 }),
    model('BG/NBD', { accuracy: 0.79 }),
    model('Predict the most common outcome', { accuracy: 0.839 }, true),
  ])
  expect(best.accuracy).toBe(0.839)
  expect(isBest(0.807, best.accuracy)).toBe(false)
  expect(isBest(0.839, best.accuracy)).toBe(true)
})

test('of an error the lowest value is the best', () => {
  const best = bestValues([model('a', { calibration_error: 0.02 }), model('b', { calibration_error: 0.05 })])
  expect(best.calibration_error).toBe(0.02)
})

test('values that look the same are both the best', () => {
  const best = bestValues([model('a', { f1: 0.61234 }), model('b', { f1: 0.61201 })])
  expect(isBest(0.61234, best.f1)).toBe(true)
  expect(isBest(0.61201, best.f1)).toBe(true)
})

test('a metric without a value has no best', () => {
  const best = bestValues([model('a', { f1: null }), model('b', {})])
  expect('f1' in best).toBe(false)
})

test('models come first, then what is reached without a model', () => {
  const rows = [
    row('lightgbm', 'f1', 0.6),
    row('lightgbm', 'f1_everyone', 0.4),
    row('lightgbm', 'base_rate', 0.25),
    row('lightgbm', 'majority_accuracy', 0.75),
    row('bgnbd', 'f1', 0.5),
  ]
  expect(compareModels(rows, 'order').map(each => [each.name, each.isBaseline])).toEqual([
    ['LightGBM', false],
    ['BG/NBD', false],
    ['Predict “order” for all', true],
    ['Predict the most common outcome', true],
  ])
  const [, , all, common] = compareModels(rows, 'order')
  expect(all?.values).toEqual({ f1: 0.4, precision: 0.25, recall: 1 })
  expect(common?.values).toEqual({ accuracy: 0.75 })
})
